//! `complex`: its constructor and methods.

use crate::heap::Value;
use crate::value::complex::{Complex, Parts, value_of};
use crate::value::str::Str;
use crate::value::{Builtin, Context, Raised, Res, number, text};
use crate::vm::native::{Args, Row};

/// `complex(real, imag)`
pub(crate) static NEW: Row = Row::leaf("complex(real=0, imag=0)", new).twin("complex_new");

/// Methods of complex.
pub(crate) static ROWS: &[Row] = &[
    Row::leaf("__complex__(self, /)", plain),
    Row::leaf("__getnewargs__(self, /)", new_args),
    Row::leaf("conjugate(self, /)", conjugate),
    Row::getter("real", real),
    Row::getter("imag", imag),
];

fn new<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let (real, imaginary) = (args.get(0), args.get(1));
    if let Some(string) = real.and_then(|real| real.plain().get::<Str>()) {
        if imaginary.is_some() {
            return Err(cx.type_error("complex() can't take second arg if first is a string"));
        }
        let (re, im) = text::complex::parse(string.as_bytes()).map_err(|error| cx.text_error(&error))?;
        return Ok(Complex::make(cx, Parts { re, im }));
    }
    if imaginary.is_some_and(|imaginary| imaginary.plain().get::<Str>().is_some()) {
        return Err(cx.type_error("complex() second arg can't be a string"));
    }
    if let (Some(real), None) = (real, imaginary)
        && cx.class_of(real).is(Builtin::Complex)
    {
        return Ok(real);
    }
    let own = real.is_some_and(|real| number::defines(cx, real, &["__complex__"]));
    let converts = |value: Value<'_>| number::defines(cx, value, &["__float__", "__index__"]);
    if own || [real, imaginary].into_iter().flatten().any(converts) {
        return Err(cx.needs_code());
    }
    let first = real.map_or(Ok(Parts { re: 0.0, im: 0.0 }), |real| {
        let words = "first argument must be a string or a number";
        number::complex_parts(cx, real)?.ok_or_else(|| no_number(cx, words, real))
    })?;
    let Some(imaginary) = imaginary else { return Ok(Complex::make(cx, first)) };
    let second = number::complex_parts(cx, imaginary)?
        .ok_or_else(|| no_number(cx, "second argument must be a number", imaginary))?;
    // `a + b·i` where both may be complex; a part that is not there is not added, which would change a zero's sign.
    let re = if value_of(imaginary).is_some() { first.re - second.im } else { first.re };
    let is_complex = real.is_some_and(|real| value_of(real).is_some());
    let im = if is_complex { second.re + first.im } else { second.re };
    Ok(Complex::make(cx, Parts { re, im }))
}

#[cold]
fn no_number(cx: &Context, words: &str, value: Value<'_>) -> Raised {
    cx.type_error(format_args!("complex() {words}, not '{}'", cx.type_name(value)))
}

fn receiver(cx: &Context, args: Args<'_>) -> Result<Parts, Raised> {
    value_of(args.at(0)).ok_or_else(|| {
        cx.type_error(format_args!(
            "descriptor requires a 'complex' object but received a '{}'",
            cx.type_name(args.at(0))
        ))
    })
}

fn plain<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    receiver(cx, args).map(|parts| Complex::make(cx, parts))
}

fn new_args<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let Parts { re, im } = receiver(cx, args)?;
    cx.tuple(&[Value::float(re), Value::float(im)])
}

fn conjugate<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let Parts { re, im } = receiver(cx, args)?;
    Ok(Complex::make(cx, Parts { re, im: -im }))
}

fn real<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    receiver(cx, args).map(|parts| Value::float(parts.re))
}

fn imag<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    receiver(cx, args).map(|parts| Value::float(parts.im))
}
