//! Which special methods the flags of a class follow from.

use crate::heap::Value;

use super::class_flag;
use crate::value::str::Str;

/// The flag that a class has which defines a method of this name.
pub(super) fn flag_of(name: Value<'_>) -> Option<u32> {
    let name = name.get::<Str>()?.as_bytes();
    if !name.starts_with(b"__") {
        return None;
    }
    let place = SPECIAL_METHODS.binary_search_by(|(special, _)| special.as_bytes().cmp(name)).ok()?;
    Some(SPECIAL_METHODS[place].1)
}

/// Whether the flags of a class depend on what it has under this name.
pub(super) fn is_special(name: Value<'_>) -> bool {
    flag_of(name).is_some()
        || name.get::<Str>().is_some_and(|name| name.as_bytes() == ABSTRACT_METHODS.as_bytes())
}

/// The attribute that names the methods of a class that are abstract.
pub(super) const ABSTRACT_METHODS: &str = "__abstractmethods__";

/// The flags that follow from special methods.
pub(super) const FROM_METHODS: u32 = {
    let (mut flags, mut at) = (class_flag::UNHASHABLE, 0);
    while at < SPECIAL_METHODS.len() {
        flags |= SPECIAL_METHODS[at].1;
        at += 1;
    }
    flags
};

/// The special methods that have flags, in the order of their names.
const SPECIAL_METHODS: &[(&str, u32)] = &[
    ("__abs__", class_flag::CUSTOM_NUMBER),
    ("__add__", class_flag::CUSTOM_NUMBER),
    ("__and__", class_flag::CUSTOM_NUMBER),
    ("__bool__", class_flag::CUSTOM_BOOL),
    ("__call__", class_flag::CUSTOM_CALL),
    ("__ceil__", class_flag::CUSTOM_NUMBER),
    ("__complex__", class_flag::CUSTOM_NUMBER),
    ("__contains__", class_flag::CUSTOM_ITEM),
    ("__delattr__", class_flag::CUSTOM_DELATTR),
    ("__delitem__", class_flag::CUSTOM_ITEM),
    ("__divmod__", class_flag::CUSTOM_NUMBER),
    ("__eq__", class_flag::CUSTOM_EQ),
    ("__float__", class_flag::CUSTOM_NUMBER),
    ("__floor__", class_flag::CUSTOM_NUMBER),
    ("__floordiv__", class_flag::CUSTOM_NUMBER),
    ("__format__", class_flag::CUSTOM_REPR),
    ("__ge__", class_flag::CUSTOM_ORDER),
    ("__getattr__", class_flag::GETATTR),
    ("__getattribute__", class_flag::CUSTOM_GETATTRIBUTE),
    ("__getitem__", class_flag::CUSTOM_ITEM),
    ("__gt__", class_flag::CUSTOM_ORDER),
    ("__hash__", class_flag::CUSTOM_HASH),
    ("__iadd__", class_flag::CUSTOM_NUMBER),
    ("__iand__", class_flag::CUSTOM_NUMBER),
    ("__ifloordiv__", class_flag::CUSTOM_NUMBER),
    ("__ilshift__", class_flag::CUSTOM_NUMBER),
    ("__imatmul__", class_flag::CUSTOM_NUMBER),
    ("__imod__", class_flag::CUSTOM_NUMBER),
    ("__imul__", class_flag::CUSTOM_NUMBER),
    ("__index__", class_flag::CUSTOM_NUMBER),
    ("__init__", class_flag::CUSTOM_INIT),
    ("__int__", class_flag::CUSTOM_NUMBER),
    ("__invert__", class_flag::CUSTOM_NUMBER),
    ("__ior__", class_flag::CUSTOM_NUMBER),
    ("__ipow__", class_flag::CUSTOM_NUMBER),
    ("__irshift__", class_flag::CUSTOM_NUMBER),
    ("__isub__", class_flag::CUSTOM_NUMBER),
    ("__iter__", class_flag::CUSTOM_ITER),
    ("__itruediv__", class_flag::CUSTOM_NUMBER),
    ("__ixor__", class_flag::CUSTOM_NUMBER),
    ("__le__", class_flag::CUSTOM_ORDER),
    ("__len__", class_flag::CUSTOM_BOOL),
    ("__lshift__", class_flag::CUSTOM_NUMBER),
    ("__lt__", class_flag::CUSTOM_ORDER),
    ("__matmul__", class_flag::CUSTOM_NUMBER),
    ("__mod__", class_flag::CUSTOM_NUMBER),
    ("__mul__", class_flag::CUSTOM_NUMBER),
    ("__ne__", class_flag::CUSTOM_EQ),
    ("__neg__", class_flag::CUSTOM_NUMBER),
    ("__new__", class_flag::CUSTOM_NEW),
    ("__next__", class_flag::CUSTOM_ITER),
    ("__or__", class_flag::CUSTOM_NUMBER),
    ("__pos__", class_flag::CUSTOM_NUMBER),
    ("__pow__", class_flag::CUSTOM_NUMBER),
    ("__radd__", class_flag::CUSTOM_NUMBER),
    ("__rand__", class_flag::CUSTOM_NUMBER),
    ("__rdivmod__", class_flag::CUSTOM_NUMBER),
    ("__repr__", class_flag::CUSTOM_REPR),
    ("__rfloordiv__", class_flag::CUSTOM_NUMBER),
    ("__rlshift__", class_flag::CUSTOM_NUMBER),
    ("__rmatmul__", class_flag::CUSTOM_NUMBER),
    ("__rmod__", class_flag::CUSTOM_NUMBER),
    ("__rmul__", class_flag::CUSTOM_NUMBER),
    ("__ror__", class_flag::CUSTOM_NUMBER),
    ("__round__", class_flag::CUSTOM_NUMBER),
    ("__rpow__", class_flag::CUSTOM_NUMBER),
    ("__rrshift__", class_flag::CUSTOM_NUMBER),
    ("__rshift__", class_flag::CUSTOM_NUMBER),
    ("__rsub__", class_flag::CUSTOM_NUMBER),
    ("__rtruediv__", class_flag::CUSTOM_NUMBER),
    ("__rxor__", class_flag::CUSTOM_NUMBER),
    ("__setattr__", class_flag::CUSTOM_SETATTR),
    ("__setitem__", class_flag::CUSTOM_ITEM),
    ("__str__", class_flag::CUSTOM_REPR),
    ("__sub__", class_flag::CUSTOM_NUMBER),
    ("__truediv__", class_flag::CUSTOM_NUMBER),
    ("__trunc__", class_flag::CUSTOM_NUMBER),
    ("__xor__", class_flag::CUSTOM_NUMBER),
];

#[cfg(test)]
mod tests {
    use super::SPECIAL_METHODS;

    #[test]
    fn special_methods_are_found_by_their_order() {
        assert!(SPECIAL_METHODS.is_sorted_by(|(one, _), (next, _)| one < next));
    }
}
