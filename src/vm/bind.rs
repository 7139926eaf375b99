//! Binding the arguments of a call to the parameters of a function of the language, with CPython's messages
//! (`_PyEval_BindArguments` and its helpers in Python/ceval.c).

use std::ops::Range;

use minipy_compiler::Code;

use crate::heap::{Value, Word};
use crate::value::dict::Dict;
use crate::value::function::Function;
use crate::value::str::Str;
use crate::value::tuple::Tuple;
use crate::value::unit::Unit;
use crate::value::{Context, Raised};

use super::call::Arguments;
use super::thread::Thread;
use super::traceback::suggest::nearest;

/// The most keywords of a call that is bound in place.
const MAX_IN_PLACE: usize = 16;

/// What is called.
#[derive(Clone, Copy)]
struct Callee<'t> {
    function: &'t Function,
    unit: &'t Unit,
}

/// Rearranges the arguments from `args.base` on into the parameters' registers of a function with this unit.
pub(super) fn bind(
    thread: &mut Thread,
    function: &Function,
    unit: &Unit,
    args: Arguments,
) -> Result<(), Raised> {
    let callee = Callee { function, unit };
    if bind_in_place(thread, callee, args) { Ok(()) } else { bind_in_any_case(thread, callee, args) }
}

#[inline(never)]
fn bind_in_any_case(thread: &mut Thread, callee: Callee<'_>, args: Arguments) -> Result<(), Raised> {
    let words: Vec<Word> =
        bound(thread, callee, args)?.iter().map(|v| v.map_or(Word::NONE_AT_ALL, Value::word)).collect();
    for (place, word) in words.into_iter().enumerate() {
        thread.set(args.base + place, word);
    }
    Ok(())
}

/// Binds where nothing has to be made and nothing is wrong. Otherwise the arguments stand as they stood, and it returns
/// false.
#[inline(always)]
fn bind_in_place(thread: &mut Thread, callee: Callee<'_>, args: Arguments) -> bool {
    let code = &callee.unit.code;
    let names = match args.names.is_nothing() {
        true => &[],
        // SAFETY: names of keywords are a tuple, kept alive by whoever has made the call.
        false => unsafe { &*args.names.address().cast::<Tuple>().cast_const() }.items(),
    };
    let given = args.count - names.len();
    let (arg_count, named) = (code.arg_count as usize, (code.arg_count + code.kwonly_count) as usize);
    if code.has_varargs || code.has_varkw || given > arg_count || names.len() > MAX_IN_PLACE {
        return false;
    }
    let by_name = code.posonly_count as usize..named;
    // Most calls name the parameters that come next: their values stand where they belong.
    let mut bound = given;
    let mut rest = names;
    while let [name, others @ ..] = rest
        && by_name.contains(&bound)
        && callee.unit.is_local_named(bound, *name)
    {
        bound += 1;
        rest = others;
    }
    if !rest.is_empty() {
        return place_keywords(thread, callee, (args.base, bound), rest, by_name);
    }
    for place in bound..named {
        thread.set(args.base + place, Word::NONE_AT_ALL);
    }
    fill_defaults(thread, callee, args.base, bound)
}

/// Goes on with parameters of which the first `given` are bound, and values behind them that belong to these names.
#[inline(never)]
fn place_keywords(
    thread: &mut Thread,
    callee: Callee<'_>,
    (base, given): (usize, usize),
    names: &[Value<'_>],
    among: Range<usize>,
) -> bool {
    let mut by_name = [Word::NONE_AT_ALL; MAX_IN_PLACE];
    for (index, word) in by_name[..names.len()].iter_mut().enumerate() {
        *word = thread.get(base + given + index);
    }
    for place in given..among.end {
        thread.set(base + place, Word::NONE_AT_ALL);
    }
    let fits = names.iter().zip(&by_name).all(|(name, word)| {
        let place = among.clone().find(|place| callee.unit.is_local_named(*place, *name));
        let free = place.filter(|place| thread.get(base + place).is_nothing());
        free.inspect(|place| thread.set(base + place, *word)).is_some()
    });
    if fits && fill_defaults(thread, callee, base, given) {
        return true;
    }
    for (index, word) in by_name[..names.len()].iter().enumerate() {
        thread.set(base + given + index, *word);
    }
    false
}

/// Fills the empty places from `given` on with defaults. Says whether there is one for each.
fn fill_defaults(thread: &mut Thread, callee: Callee<'_>, base: usize, given: usize) -> bool {
    let unit = callee.unit;
    let (arg_count, defaults) = (unit.code.arg_count as usize, callee.function.defaults());
    let named = arg_count + unit.code.kwonly_count as usize;
    for place in given..named {
        if !thread.get(base + place).is_nothing() {
            continue;
        }
        let default = if place < arg_count {
            (place + defaults.len()).checked_sub(arg_count).map(|index| defaults[index])
        } else {
            let name = unit.local_name(place);
            callee.function.kw_defaults().and_then(|dict| dict.get_identical(name, str_hash_of(name)))
        };
        match default.map(Value::word) {
            Some(word) => thread.set(base + place, word),
            None => return false,
        }
    }
    true
}

/// The hash of an interned name; any number where it is not known yet: no dict has a key that was never hashed.
fn str_hash_of(name: Value<'_>) -> i64 {
    name.get::<Str>().and_then(Str::known_hash).unwrap_or_default()
}

fn bound<'t>(
    thread: &'t Thread,
    callee: Callee<'t>,
    args: Arguments,
) -> Result<Vec<Option<Value<'t>>>, Raised> {
    let cx = thread.cx();
    let code = &callee.unit.code;
    let names = match thread.live(args.names).get::<Tuple>() {
        Some(names) if !args.names.is_nothing() => names.items(),
        _ => &[],
    };
    let (positional, by_name) = thread.values(args.base, args.count).split_at(args.count - names.len());
    let (arg_count, kwonly) = (code.arg_count as usize, code.kwonly_count as usize);
    let mut places = vec![None; code.param_count()];
    for (place, value) in places.iter_mut().zip(positional.iter().take(arg_count)) {
        *place = Some(*value);
    }
    if code.has_varargs {
        places[arg_count + kwonly] = Some(cx.tuple(positional.get(arg_count..).unwrap_or(&[]))?);
    }
    let rest = if code.has_varkw {
        let rest = Dict::new(cx);
        let last = places.len() - 1;
        places[last] = Some(Value::object(rest));
        Some(rest)
    } else {
        None
    };
    for (name, value) in names.iter().zip(by_name) {
        bind_keyword(cx, callee, &mut places, rest, *name, *value, (names, positional.len()))?;
    }
    if positional.len() > arg_count && !code.has_varargs {
        return Err(too_many(cx, callee, &places, positional.len()));
    }
    let defaults = callee.function.defaults();
    let first_default = arg_count.saturating_sub(defaults.len());
    let given = positional.len().min(arg_count);
    let missing: Vec<usize> = (given..first_default).filter(|place| places[*place].is_none()).collect();
    if !missing.is_empty() {
        return Err(missing_arguments(cx, callee, "positional", &missing));
    }
    for place in first_default.max(given)..arg_count {
        if places[place].is_none() {
            places[place] = Some(defaults[place - first_default]);
        }
    }
    bind_keyword_defaults(cx, callee, &mut places, arg_count..arg_count + kwonly)?;
    Ok(places)
}

fn bind_keyword<'t>(
    cx: &'t Context,
    callee: Callee<'_>,
    places: &mut [Option<Value<'t>>],
    rest: Option<&Dict>,
    name: Value<'t>,
    value: Value<'t>,
    (all_names, positional): (&[Value<'t>], usize),
) -> Result<(), Raised> {
    let code = &callee.unit.code;
    let wanted = name.get::<Str>().map_or(&[][..], Str::as_bytes);
    let named = code.arg_count as usize + code.kwonly_count as usize;
    let found = (code.posonly_count as usize..named).find(|place| code.locals[*place].as_bytes() == wanted);
    let Some(place) = found else {
        if let Some(rest) = rest {
            return rest.set(cx, name, value);
        }
        return Err(unexpected_keyword(cx, callee, name, all_names, positional));
    };
    if places[place].is_some() {
        return Err(cx.type_error(format_args!(
            "{}() got multiple values for argument '{}'",
            shown(cx, callee),
            code.locals[place]
        )));
    }
    places[place] = Some(value);
    Ok(())
}

fn unexpected_keyword(
    cx: &Context,
    callee: Callee<'_>,
    name: Value<'_>,
    all_names: &[Value<'_>],
    _positional: usize,
) -> Raised {
    let code = &callee.unit.code;
    let text = |value: &Value<'_>| value.get::<Str>().map(|s| s.lossy().into_owned()).unwrap_or_default();
    let posonly: Vec<String> = all_names
        .iter()
        .map(text)
        .filter(|given| code.locals[..code.posonly_count as usize].iter().any(|param| **param == **given))
        .collect();
    if !posonly.is_empty() {
        return cx.type_error(format_args!(
            "{}() got some positional-only arguments passed as keyword arguments: '{}'",
            shown(cx, callee),
            posonly.join(", ")
        ));
    }
    let wrong = text(&name);
    let end = (code.arg_count + code.kwonly_count) as usize;
    let names: Vec<&str> = code.locals[code.posonly_count as usize..end].iter().map(|name| &**name).collect();
    let hint = nearest(names.into_iter(), &wrong).map(|name| format!(". Did you mean '{name}'?"));
    cx.type_error(format_args!(
        "{}() got an unexpected keyword argument '{wrong}'{}",
        shown(cx, callee),
        hint.unwrap_or_default()
    ))
}

fn bind_keyword_defaults<'t>(
    cx: &'t Context,
    callee: Callee<'t>,
    places: &mut [Option<Value<'t>>],
    range: std::ops::Range<usize>,
) -> Result<(), Raised> {
    let mut missing = Vec::new();
    for place in range {
        if places[place].is_some() {
            continue;
        }
        let name = cx.intern(&callee.unit.code.locals[place]);
        match callee.function.kw_defaults().map(|defaults| defaults.get(cx, name)).transpose()?.flatten() {
            Some(default) => places[place] = Some(default),
            None => missing.push(place),
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(missing_arguments(cx, callee, "keyword-only", &missing)) }
}

/// The name that messages give: the dotted one.
fn shown(cx: &Context, callee: Callee<'_>) -> String {
    let name = callee.function.qualname(cx).get::<Str>();
    name.map(|name| name.lossy().into_owned()).unwrap_or_default()
}

#[cold]
fn missing_arguments(cx: &Context, callee: Callee<'_>, kind: &str, missing: &[usize]) -> Raised {
    let code: &Code = &callee.unit.code;
    let names: Vec<String> = missing.iter().map(|place| format!("'{}'", code.locals[*place])).collect();
    let listed = match names.as_slice() {
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [start @ .., last] => format!("{}, and {last}", start.join(", ")),
        [] => String::new(),
    };
    let plural = if names.len() == 1 { "" } else { "s" };
    cx.type_error(format_args!(
        "{}() missing {} required {kind} argument{plural}: {listed}",
        shown(cx, callee),
        names.len()
    ))
}

#[cold]
fn too_many(cx: &Context, callee: Callee<'_>, places: &[Option<Value<'_>>], given: usize) -> Raised {
    let code = &callee.unit.code;
    let (arg_count, kwonly) = (code.arg_count as usize, code.kwonly_count as usize);
    let kwonly_given = places[arg_count..arg_count + kwonly].iter().flatten().count();
    let defaults = callee.function.defaults().len();
    let (takes, plural) = if defaults > 0 {
        (format!("from {} to {arg_count}", arg_count - defaults), true)
    } else {
        (arg_count.to_string(), arg_count != 1)
    };
    let extra = if kwonly_given > 0 {
        format!(
            " positional argument{} (and {kwonly_given} keyword-only argument{})",
            if given == 1 { "" } else { "s" },
            if kwonly_given == 1 { "" } else { "s" }
        )
    } else {
        String::new()
    };
    cx.type_error(format_args!(
        "{}() takes {takes} positional argument{} but {given}{extra} {} given",
        shown(cx, callee),
        if plural { "s" } else { "" },
        if given == 1 && kwonly_given == 0 { "was" } else { "were" }
    ))
}
