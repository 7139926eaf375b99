//! The bases of a class: the layout and the method resolution order that follow from them, and how they are replaced.

use crate::heap::{Kind, Value};
use crate::value::class::{Type, class_flag};
use crate::value::exception_fields::Family;
use crate::value::tuple::Tuple;
use crate::value::{Builtin, Context, Raised, Res};
use crate::vm::native::Args;

use super::class::class_arg;
use super::object::same_names;

/// The built-in class whose layout the instances of a class with these bases have.
///
/// # Errors
/// `TypeError`
pub(super) fn layout_of_bases(cx: &Context, bases: &[Value<'_>]) -> Result<Builtin, Raised> {
    let mut layout = Builtin::Object;
    for base in bases {
        let Some(base) = base.get::<Type>() else {
            return Err(cx.type_error(format_args!("{} is not an acceptable base type", cx.type_name(*base))));
        };
        if base.has(class_flag::FINAL) {
            return Err(
                cx.type_error(format_args!("type '{}' is not an acceptable base type", base.name_str()))
            );
        }
        let other = base.layout();
        if layout == Builtin::Object {
            layout = other;
        } else if other == Builtin::Object || extends(cx, layout, other) {
            // What there is has room for both.
        } else if extends(cx, other, layout) {
            layout = other;
        } else {
            return Err(cx.type_error("multiple bases have instance lay-out conflict"));
        }
    }
    Ok(layout)
}

/// Whether instances of a built-in class have all that those of another have. Exceptions without attributes of their own
/// are all alike.
fn extends(cx: &Context, class: Builtin, other: Builtin) -> bool {
    let alike = class.is_exception() && other.is_exception() && Family::of(other) == Family::Plain;
    alike || cx.class(class).is_subclass(cx.class(other))
}

/// The method resolution order behind the class itself: the C3 merge of the bases' orders and the bases.
///
/// # Errors
/// `TypeError`
pub(super) fn linearise<'t>(cx: &'t Context, bases: &[Value<'t>]) -> Result<Vec<Value<'t>>, Raised> {
    merge(cx, bases, Type::mro_value)
}

fn merge<'t>(
    cx: &'t Context,
    bases: &[Value<'t>],
    order_of: impl Fn(&'t Type) -> Value<'t>,
) -> Result<Vec<Value<'t>>, Raised> {
    for (index, base) in bases.iter().enumerate() {
        if bases[..index].iter().any(|other| other.is(*base)) {
            let name = base.get::<Type>().map_or("?", Type::name_str);
            return Err(cx.type_error(format_args!("duplicate base class {name}")));
        }
    }
    let classes = bases.iter().filter_map(|base| base.get::<Type>());
    let mut lists: Vec<Vec<Value<'t>>> = classes
        .map(|base| order_of(base).get::<Tuple>().map_or_else(Vec::new, |order| order.items().to_vec()))
        .collect();
    lists.push(bases.to_vec());
    let mut order = Vec::new();
    loop {
        lists.retain(|list| !list.is_empty());
        if lists.is_empty() {
            return Ok(order);
        }
        let candidate = lists
            .iter()
            .map(|list| list[0])
            .find(|head| !lists.iter().any(|list| list[1..].iter().any(|other| other.is(*head))));
        let Some(next) = candidate else {
            let mut names: Vec<&str> = Vec::new();
            for list in &lists {
                let name = list[0].get::<Type>().map_or("?", Type::name_str);
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            return Err(cx.type_error(format_args!(
                "Cannot create a consistent method resolution order (MRO) for bases {}",
                names.join(", ")
            )));
        };
        order.push(next);
        for list in &mut lists {
            if list[0].is(next) {
                list.remove(0);
            }
        }
    }
}

/// Assignment to `__bases__`.
pub(super) fn set_bases<'t>(cx: &'t Context, args: Args<'t>) -> Res<'t> {
    let class = class_arg(cx, args)?;
    let name = class.name_str();
    if class.has(class_flag::BUILTIN) {
        return Err(
            cx.type_error(format_args!("cannot set '__bases__' attribute of immutable type '{name}'"))
        );
    }
    let Some(given) = args.get(1) else {
        return Err(cx.type_error(format_args!("can't delete {name}.__bases__")));
    };
    let Some(bases) = given.get::<Tuple>().filter(|_| given.kind() == Some(Kind::Tuple)) else {
        return Err(cx.type_error(format_args!(
            "can only assign tuple to {name}.__bases__, not {}",
            cx.type_name(given)
        )));
    };
    if bases.is_empty() {
        return Err(
            cx.type_error(format_args!("can only assign non-empty tuple to {name}.__bases__, not ()"))
        );
    }
    for base in bases.items() {
        let Some(base) = base.get::<Type>() else {
            return Err(cx.type_error(format_args!(
                "{name}.__bases__ must be tuple of classes, not '{}'",
                cx.type_name(*base)
            )));
        };
        if base.is_subclass(class) {
            return Err(cx.type_error("a __bases__ item causes an inheritance cycle"));
        }
    }
    check_layout(cx, class, bases.items())?;
    replace(cx, class, given)?;
    Ok(Value::NONE)
}

/// The instances that there are must fit the new bases.
fn check_layout(cx: &Context, class: &Type, bases: &[Value<'_>]) -> Result<(), Raised> {
    let layout = layout_of_bases(cx, bases)?;
    let (old, new) = (solid(class.bases()), solid(bases));
    let (Some(old), Some(new)) = (old, new) else { return Ok(()) };
    let has_dict = |base: &Type| !base.has(class_flag::CLOSED | class_flag::BUILTIN);
    if layout != class.layout()
        || has_dict(old) != has_dict(new)
        || !same_names(&old.slot_names(cx), &new.slot_names(cx))
    {
        return Err(cx.type_error(format_args!(
            "__bases__ assignment: '{}' object layout differs from '{}'",
            new.name_str(),
            old.name_str()
        )));
    }
    Ok(())
}

/// The base that decides what instances hold.
fn solid<'t>(bases: &'t [Value<'t>]) -> Option<&'t Type> {
    let classes = || bases.iter().filter_map(|base| base.get::<Type>());
    classes().find(|base| base.layout() != Builtin::Object).or_else(|| classes().next())
}

/// Gives a class other bases, and it and its subclasses their new orders.
fn replace(cx: &Context, class: &Type, bases: Value<'_>) -> Result<(), Raised> {
    let mut orders = Vec::new();
    new_orders(cx, class, bases.get::<Tuple>().map_or(&[][..], Tuple::items), &mut orders)?;
    class.rebase(cx, bases, &orders)?;
    cx.world().clear_caches();
    Ok(())
}

/// Adds the order that a class will have, and those of its subclasses, to the ones that are known already.
fn new_orders<'t>(
    cx: &'t Context,
    class: &'t Type,
    bases: &[Value<'t>],
    orders: &mut Vec<(&'t Type, Value<'t>)>,
) -> Result<(), Raised> {
    let mut order = vec![Value::object(class)];
    order.extend(merge(cx, bases, |base| {
        let new = orders.iter().rev().find(|(known, _)| std::ptr::eq(*known, base));
        new.map_or_else(|| base.mro_value(), |(_, order)| *order)
    })?);
    orders.push((class, cx.tuple(&order)?));
    class.subclasses().try_for_each(|subclass| new_orders(cx, subclass, subclass.bases(), orders))
}
