//! The functions against recorded answers of CPython.

use crate::heap::Value;
use crate::value::number::tests::{context, read, show};
use crate::value::{Context, Raised};
use crate::vm::native::{Args, Run};

use super::MODULE;

fn call<'t>(cx: &'t Context, name: &str, arguments: &str) -> Result<Option<Value<'t>>, Raised> {
    let row = MODULE.rows.iter().find(|row| row.name == name).expect("a function of math");
    let Run::Leaf(function) = row.run else { panic!("{name} is a leaf") };
    let values: Vec<Value<'t>> =
        arguments.split(' ').filter(|text| !text.is_empty()).map(|text| read(cx, text)).collect();
    let mut places: Vec<Option<Value<'t>>> = values.iter().copied().map(Some).collect();
    if row.signature.contains("(*") {
        places = vec![Some(cx.tuple(&values)?)];
    }
    // The context of a test lives until its end, and so may what it points to.
    function(cx, Args::new(places.leak())).map(Some)
}

/// Functions whose last digits are not CPython's: it has its own gamma function, and C's library its own others.
fn is_approximate(name: &str) -> bool {
    ["cbrt", "erf", "erfc", "gamma", "lgamma"].contains(&name)
}

fn are_near(ours: &str, theirs: &str) -> bool {
    match (ours.parse::<f64>(), theirs.parse::<f64>()) {
        (Ok(ours), Ok(theirs)) => {
            (ours - theirs).abs() <= 1e-13 * theirs.abs() || (ours - theirs).abs() <= 1e-14
        }
        _ => false,
    }
}

#[test]
fn functions_agree_with_cpython() {
    let mut wrong = Vec::new();
    let cx = context();
    for line in include_str!("golden/functions.txt").lines().filter(|line| !line.starts_with('#')) {
        let [name, arguments, theirs] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let ours = show(&cx, call(&cx, name, arguments));
        if ours != theirs && !(is_approximate(name) && are_near(&ours, theirs)) {
            wrong.push(format!("{name}({arguments:.80})\n  ours   {ours:.200}\n  theirs {theirs:.200}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}
