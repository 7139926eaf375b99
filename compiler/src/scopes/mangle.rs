//! Private names: `__x` inside `class C` is `_C__x`.

use minipy_grammar::ast::Name;

/// The name as it is spelt inside the class `private`.
pub(crate) fn mangle(private: Option<&str>, name: &Name) -> Name {
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
        return name.clone();
    }
    match private.map(|class| class.trim_start_matches('_')) {
        None | Some("") => name.clone(),
        Some(class) => format!("_{class}{name}").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_cpython() {
        let cases = [
            (Some("C"), "__x", "_C__x"),
            (Some("__C"), "__x", "_C__x"),
            (Some("___"), "__x", "__x"),
            (Some("C"), "__x__", "__x__"),
            (Some("C"), "_x", "_x"),
            (Some("C"), "__a.b", "__a.b"),
            (None, "__x", "__x"),
        ];
        for (class, name, expected) in cases {
            assert_eq!(&*mangle(class, &name.into()), expected);
        }
    }
}
