//! The parameters of native functions, read from Python's notation, and their binding.

use smallvec::{SmallVec, smallvec};

use crate::heap::Value;
use crate::value::dict::Dict;
use crate::value::str::Str;
use crate::value::{Context, Raised};

use super::native::{Arity, Binding, Row};

use super::traceback::suggest::nearest;

/// One parameter of a native function.
#[derive(Clone, Debug)]
struct Param {
    name: &'static str,
    required: bool,
}

/// The parameters of a native function.
#[derive(Clone, Debug)]
pub struct Signature {
    name: &'static str,
    /// Whom messages about keywords name.
    keyword_owner: &'static str,
    /// The class or module it belongs to, with a dot, for the messages that name it so.
    owner: String,
    arity: Arity,
    params: Vec<Param>,
    posonly: usize,
    /// Parameters that may be given by position.
    positional: usize,
    required: usize,
    varargs: bool,
    varkw: bool,
    /// The first parameter is the receiver of a method, which messages do not count.
    method: bool,
}

/// What the parameters of a call are bound to, in their order.
pub(super) type Places<'t> = SmallVec<[Option<Value<'t>>; 6]>;

impl Signature {
    /// The parameters of a row: `name(a, b=1, /, *, c)`; text without parentheses is an attribute, with the receiver and
    /// perhaps a value. Messages name the function with its owner, a class or a module, if it has one to be named.
    pub fn of(row: &Row, owner: Option<&str>) -> Signature {
        let rest = row.signature.split_once('(').map_or("self, value=None, /)", |(_, rest)| rest);
        let inner = rest.strip_suffix(')').unwrap_or(rest);
        let mut signature = Signature {
            name: row.name,
            keyword_owner: row.keyword_owner.unwrap_or(row.name),
            owner: owner.map(|owner| format!("{owner}.")).unwrap_or_default(),
            arity: row.arity,
            params: Vec::new(),
            posonly: 0,
            positional: 0,
            required: 0,
            varargs: false,
            varkw: false,
            method: false,
        };
        let mut keyword_only = false;
        for part in split_params(inner) {
            if part == "/" {
                signature.posonly = signature.params.len();
            } else if part == "*" {
                keyword_only = true;
            } else if let Some(name) = part.strip_prefix("**") {
                signature.varkw = true;
                signature.params.push(Param { name, required: false });
            } else if let Some(name) = part.strip_prefix('*') {
                signature.varargs = true;
                keyword_only = true;
                signature.params.push(Param { name, required: false });
            } else {
                let (name, default) = match part.split_once('=') {
                    Some((name, _)) => (name, true),
                    None => (part, false),
                };
                if !keyword_only {
                    signature.positional += 1;
                    signature.required += usize::from(!default);
                }
                signature.params.push(Param { name, required: !default });
            }
        }
        let receives =
            matches!(signature.params.first(), Some(first) if first.name == "self" || first.name == "cls");
        signature.method = receives && row.binding != Binding::Static;
        signature
    }

    /// Fills the places from positional arguments and keywords.
    ///
    /// # Errors
    /// `TypeError` in CPython's words.
    pub fn bind<'t>(
        &self,
        cx: &'t Context,
        args: &[Value<'t>],
        keywords: &[(Value<'t>, Value<'t>)],
    ) -> Result<Places<'t>, Raised> {
        let mut places: Places<'t> = smallvec![None; self.params.len()];
        for (place, arg) in places.iter_mut().zip(&args[..args.len().min(self.positional)]) {
            *place = Some(*arg);
        }
        if self.varargs {
            places[self.positional] = Some(cx.tuple(args.get(self.positional..).unwrap_or(&[]))?);
        } else if args.len() > self.positional {
            return Err(self.too_many(cx, args.len()));
        }
        let rest = if self.varkw { Some(Dict::new(cx)) } else { None };
        for (name, value) in keywords {
            self.bind_keyword(cx, &mut places, rest, *name, *value)?;
        }
        if let (Some(rest), Some(last)) = (rest, places.last_mut()) {
            *last = Some(Value::object(rest));
        }
        match self.params.iter().zip(&places).position(|(param, place)| param.required && place.is_none()) {
            Some(missing) => Err(self.missing(cx, missing, args.len())),
            None => Ok(places),
        }
    }

    fn bind_keyword<'t>(
        &self,
        cx: &'t Context,
        places: &mut [Option<Value<'t>>],
        rest: Option<&Dict>,
        name: Value<'t>,
        value: Value<'t>,
    ) -> Result<(), Raised> {
        let text = name.get::<Str>().map(Str::lossy).unwrap_or_default();
        let found = self.params.iter().enumerate().skip(self.posonly).position(|(index, param)| {
            param.name == text
                && !(self.varargs && index == self.positional)
                && !(self.varkw && index + 1 == self.params.len())
        });
        let Some(place) = found.map(|found| found + self.posonly) else {
            return match rest {
                Some(rest) => rest.set(cx, name, value),
                None => Err(self.unexpected_keyword(cx, &text)),
            };
        };
        if places[place].is_some() {
            return Err(cx.type_error(format_args!(
                "argument for {}() given by name ('{text}') and position ({})",
                self.shown_name(),
                place + usize::from(!self.method)
            )));
        }
        places[place] = Some(value);
        Ok(())
    }

    fn unexpected_keyword(&self, cx: &Context, wrong: &str) -> Raised {
        let (name, owner) = (self.keyword_owner, &self.owner);
        let star = self.varargs.then_some(self.positional);
        let names = self.params.iter().enumerate().skip(self.posonly);
        let names: Vec<_> =
            names.filter(|(place, _)| Some(*place) != star).map(|(_, param)| param.name).collect();
        if names.is_empty() {
            return cx.type_error(format_args!("{owner}{name}() takes no keyword arguments"));
        }
        let hint = nearest(names.into_iter(), wrong).map(|name| format!(". Did you mean '{name}'?"));
        cx.type_error(format_args!(
            "{name}() got an unexpected keyword argument '{wrong}'{}",
            hint.unwrap_or_default()
        ))
    }

    fn shown_name(&self) -> &'static str {
        self.name
    }

    fn too_many(&self, cx: &Context, given: usize) -> Raised {
        let skip = usize::from(self.method);
        let (given, most, least) =
            (given.saturating_sub(skip), self.positional - skip, self.required.saturating_sub(skip));
        let (name, owner) = (self.shown_name(), &self.owner);
        if self.is_slot_wrapper() && most == least {
            return cx.type_error(format_args!("expected {most} argument{}, got {given}", plural(most)));
        }
        match self.arity {
            Arity::Fixed(words) => return cx.type_error(words),
            Arity::Unpacked => {
                return cx.type_error(format_args!("{name} expected 1 argument, got {given}"));
            }
            Arity::Usual | Arity::Few(_) | Arity::Counted => {}
        }
        if most == 0 && self.params.len() == skip {
            return cx.type_error(format_args!("{owner}{name}() takes no arguments ({given} given)"));
        }
        if most == 0 {
            return cx.type_error(format_args!("{name}() takes no positional arguments"));
        }
        if most == least && most == 1 && self.posonly > 0 {
            return cx.type_error(format_args!("{owner}{name}() takes exactly one argument ({given} given)"));
        }
        let bound = if most == least { "" } else { "at most " };
        if self.posonly == self.params.len() || self.arity == Arity::Counted {
            return cx.type_error(format_args!(
                "{name} expected {bound}{most} argument{}, got {given}",
                plural(most)
            ));
        }
        cx.type_error(format_args!(
            "{name}() takes {} {most} {}argument{} ({given} given)",
            if most == least { "exactly" } else { "at most" },
            if self.params.len() > self.positional { "positional " } else { "" },
            plural(most)
        ))
    }

    /// Whether it is a special method of a built-in class, all of whose parameters go by position.
    fn is_slot_wrapper(&self) -> bool {
        self.method && self.name.starts_with("__") && self.posonly == self.params.len()
    }

    fn missing(&self, cx: &Context, missing: usize, given: usize) -> Raised {
        let skip = usize::from(self.method);
        if self.is_slot_wrapper() && given > 0 && self.required == self.positional {
            let (given, least) = (given - skip, self.required - skip);
            return cx.type_error(format_args!("expected {least} argument{}, got {given}", plural(least)));
        }
        if self.method && given == 0 && !self.owner.is_empty() {
            let (name, class) = (self.name, self.owner.trim_end_matches('.'));
            return if name.starts_with("__") {
                cx.type_error(format_args!("descriptor '{name}' of '{class}' object needs an argument"))
            } else {
                cx.type_error(format_args!("unbound method {class}.{name}() needs an argument"))
            };
        }
        let (given, least) = (given.saturating_sub(skip), self.required.saturating_sub(skip));
        let (name, most) = (self.shown_name(), self.positional - skip);
        match self.arity {
            Arity::Fixed(words) | Arity::Few(words) => return cx.type_error(words),
            Arity::Unpacked => {
                return cx.type_error(format_args!("{name} expected 1 argument, got {given}"));
            }
            Arity::Usual | Arity::Counted => {}
        }
        if self.posonly == self.params.len() && missing < self.positional {
            if least == 1 && most == 1 {
                let owner = &self.owner;
                return cx
                    .type_error(format_args!("{owner}{name}() takes exactly one argument ({given} given)"));
            }
            let bound = if most == least && !self.varargs { "" } else { "at least " };
            return cx.type_error(format_args!(
                "{name} expected {bound}{least} argument{}, got {given}",
                plural(least)
            ));
        }
        let by_position = self.posonly.min(self.required).saturating_sub(skip);
        if given < by_position {
            return cx.type_error(format_args!(
                "{name}() takes {} {by_position} positional argument{} ({given} given)",
                if by_position < most { "at least" } else { "exactly" },
                plural(by_position)
            ));
        }
        cx.type_error(format_args!(
            "{name}() missing required argument '{}' (pos {})",
            self.params[missing].name,
            missing + 1 - skip
        ))
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Splits at commas outside quotes and brackets.
fn split_params(text: &'static str) -> impl Iterator<Item = &'static str> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quote) = (0, 0, None);
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth -= 1,
            (None, b',') if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.into_iter().filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::native::Fit;

    fn fit(signature: &'static str) -> (Fit, Signature) {
        let row = Row::leaf(signature, |_, _| Ok(Value::NONE));
        (row.fit, Signature::of(&row, None))
    }

    /// What is computed where a row is written is what binding finds out.
    #[test]
    fn fits_are_those_of_the_signatures() {
        for text in [
            "f()",
            "f(a)",
            "f(a, b=1, /)",
            "f(self, /, *, key=None)",
            "f(a, *, key)",
            "f(a, sep=', ', end=\")\", t=(1, 2), /, c=[], *, d={1: 2})",
            "f(*args)",
            "f(a, *args, b=1)",
            "f(a, /, **kwargs)",
            "f(a, *, b=1, **kwargs)",
            "attribute",
        ] {
            let (fit, signature) = fit(text);
            assert_eq!(fit.places(), signature.params.len(), "{text}");
            let optional = signature.params[signature.positional..].iter().all(|param| !param.required);
            let plain = !signature.varargs && !signature.varkw && optional;
            for count in 0..8 {
                let takes = plain && (signature.required..=signature.positional).contains(&count);
                assert_eq!(fit.takes(count), takes, "{text} with {count} arguments");
            }
        }
    }
}
