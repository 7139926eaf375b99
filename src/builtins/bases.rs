//! The bases of a class: the layout and the method resolution order that follow from them, and how they are replaced.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::{FxHashMap, FxHashSet};

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
    let mut seen = FxHashSet::default();
    if let Some(again) = bases.iter().find(|base| !seen.insert(base.word().0)) {
        let name = again.get::<Type>().map_or("?", Type::name_str);
        return Err(cx.type_error(format_args!("duplicate base class {name}")));
    }
    let classes = bases.iter().filter_map(|base| base.get::<Type>());
    let mut lists: Vec<Vec<Value<'t>>> = classes
        .map(|base| order_of(base).get::<Tuple>().map_or_else(Vec::new, |order| order.items().to_vec()))
        .collect();
    if let ([_], [_]) = (bases, &lists[..]) {
        return Ok(lists.swap_remove(0));
    }
    lists.push(bases.to_vec());
    merge_lists(lists).map_err(|heads| {
        let mut names: Vec<&str> = Vec::new();
        for head in heads {
            let name = head.get::<Type>().map_or("?", Type::name_str);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        cx.type_error(format_args!(
            "Cannot create a consistent method resolution order (MRO) for bases {}",
            names.join(", ")
        ))
    })
}

/// Again and again the head of the first list whose head stands in no tail. Which lists have a class in front, and how many
/// have it in their tails, is kept, so that thousands of bases take no longer than it takes to read them.
///
/// # Errors
/// The heads that are left when each of them stands in a tail.
fn merge_lists(mut lists: Vec<Vec<Value<'_>>>) -> Result<Vec<Value<'_>>, Vec<Value<'_>>> {
    let mut in_tails: FxHashMap<u64, usize> = FxHashMap::default();
    let mut in_front: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
    for (place, list) in lists.iter_mut().enumerate() {
        // The head stands last, where it is taken from.
        list.reverse();
        let Some((head, tail)) = list.split_last() else { continue };
        in_front.entry(head.word().0).or_default().push(place);
        tail.iter().for_each(|class| *in_tails.entry(class.word().0).or_default() += 1);
    }
    let is_free = |in_tails: &FxHashMap<u64, usize>, class: Value<'_>| {
        in_tails.get(&class.word().0).is_none_or(|count| *count == 0)
    };
    let mut ready: BinaryHeap<Reverse<usize>> = (0..lists.len()).map(Reverse).collect();
    let mut order = Vec::new();
    while let Some(Reverse(place)) = ready.pop() {
        let Some(head) = lists[place].last().copied().filter(|head| is_free(&in_tails, *head)) else {
            // Whoever takes its head out of the last tail puts it back.
            continue;
        };
        order.push(head);
        for place in in_front.remove(&head.word().0).unwrap_or_default() {
            lists[place].pop();
            let Some(next) = lists[place].last().copied() else { continue };
            in_front.entry(next.word().0).or_default().push(place);
            in_tails.entry(next.word().0).and_modify(|count| *count -= 1);
            if is_free(&in_tails, next) {
                ready.extend(in_front[&next.word().0].iter().copied().map(Reverse));
            }
        }
    }
    let left: Vec<_> = lists.iter().filter_map(|list| list.last().copied()).collect();
    if left.is_empty() { Ok(order) } else { Err(left) }
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
    let mut known: FxHashMap<*const Type, Value<'_>> = FxHashMap::default();
    let mut orders = Vec::new();
    let own = bases.get::<Tuple>().map_or(&[][..], Tuple::items);
    let below = class.descendants();
    for (class, bases) in
        std::iter::once((class, own)).chain(below.iter().map(|class| (*class, class.bases())))
    {
        let mut order = vec![Value::object(class)];
        let order_of = |base: &Type| known.get(&std::ptr::from_ref(base)).copied();
        order.extend(merge(cx, bases, |base| order_of(base).unwrap_or_else(|| base.mro_value()))?);
        let order = cx.tuple(&order)?;
        known.insert(class, order);
        orders.push((class, order));
    }
    class.rebase(cx, bases, &orders)?;
    cx.world().clear_caches();
    Ok(())
}
