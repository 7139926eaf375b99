//! The docstrings of the built-in classes.

use crate::value::Builtin;

/// The `__doc__` of a built-in class; of an exception that says nothing more, what all of them say.
pub(crate) fn of(class: Builtin) -> Option<&'static str> {
    match DOCS.iter().find(|(documented, _)| *documented == class) {
        Some((_, doc)) => Some(doc),
        None if class.is_exception() => of(class.base()),
        None => None,
    }
}

static DOCS: &[(Builtin, &str)] = &[
    (
        Builtin::Object,
        "What every class inherits from.\n\nobject() makes an instance without attributes, equal only to itself.",
    ),
    (
        Builtin::Type,
        "type(object) -> the class of the object\ntype(name, bases, dict, **kwds) -> a new class",
    ),
    (
        Builtin::Int,
        "int(x=0) -> the integer part of a number, or the integer a text spells\nint(text, base=10) -> the same in another base, from 2 to 36, or 0 for that of the prefix",
    ),
    (
        Builtin::Bool,
        "bool(object=False) -> True where the object is true, else False\n\nThere are no other instances, and the class cannot be a base.",
    ),
    (
        Builtin::Float,
        "float(x=0) -> the floating-point number that is nearest to a number, or that a text spells",
    ),
    (
        Builtin::Str,
        "str(object='') -> what the object says of itself\nstr(bytes, encoding='utf-8', errors='strict') -> the text that bytes encode",
    ),
    (
        Builtin::Bytes,
        "bytes(iterable of integers) -> these bytes\nbytes(text, encoding[, errors]) -> the text, encoded\nbytes(count) -> that many zero bytes",
    ),
    (Builtin::Tuple, "tuple(iterable=()) -> an immutable sequence of these items"),
    (Builtin::List, "list(iterable=()) -> a sequence of these items that can be changed"),
    (
        Builtin::Deque,
        "deque(iterable=(), maxlen=None) -> a sequence that grows and shrinks fast at both ends",
    ),
    (
        Builtin::Dict,
        "dict(mapping or iterable of pairs, **kwargs) -> a mapping from keys to values, in the order in which keys came",
    ),
    (Builtin::Set, "set(iterable=()) -> an unordered collection of different elements that can be changed"),
    (Builtin::FrozenSet, "frozenset(iterable=()) -> an immutable unordered collection of different elements"),
    (
        Builtin::Range,
        "range(stop), range(start, stop[, step]) -> the integers from start up to, and without, stop",
    ),
    (
        Builtin::Slice,
        "slice(stop), slice(start, stop[, step]) -> what stands in the brackets of s[start:stop:step]",
    ),
    (Builtin::NoneType, "The class of None."),
    (Builtin::EllipsisType, "The class of Ellipsis, which is also written `...`."),
    (Builtin::NotImplementedType, "The class of NotImplemented."),
    (Builtin::Function, "A function written in the language."),
    (Builtin::BoundMethod, "A function with the object it is called on."),
    (Builtin::Module, "module(name, doc=None) -> a new module"),
    (
        Builtin::Property,
        "property(fget=None, fset=None, fdel=None, doc=None) -> an attribute that functions compute",
    ),
    (
        Builtin::StaticMethod,
        "staticmethod(function) -> a method that is given neither the instance nor the class",
    ),
    (Builtin::ClassMethod, "classmethod(function) -> a method that is given the class"),
    (
        Builtin::Super,
        "super() -> the attributes of the classes behind this one in the order of the object's class",
    ),
    (
        Builtin::MappingProxy,
        "mappingproxy(mapping) -> a view of the mapping through which it cannot be changed",
    ),
    (Builtin::Reversed, "reversed(sequence) -> an iterator over the items, last first"),
    (Builtin::Enumerate, "enumerate(iterable, start=0) -> an iterator over pairs of a number and an item"),
    (Builtin::Zip, "zip(*iterables, strict=False) -> an iterator over tuples of one item of each"),
    (
        Builtin::Map,
        "map(function, iterable, *iterables) -> an iterator over what the function makes of the items",
    ),
    (
        Builtin::Filter,
        "filter(function or None, iterable) -> an iterator over the items for which the function is true",
    ),
    (Builtin::Lock, "A lock: one thread has it, the others wait."),
    (Builtin::BaseException, "What all exceptions inherit from."),
    (Builtin::Exception, "What exceptions that a program handles inherit from."),
    (Builtin::SystemExit, "The program is to end."),
    (Builtin::KeyboardInterrupt, "The user pressed Ctrl-C."),
    (Builtin::GeneratorExit, "The generator is to end."),
    (Builtin::StopIteration, "The iterator has no more items."),
    (Builtin::ArithmeticError, "What errors of arithmetic inherit from."),
    (Builtin::OverflowError, "The result is too large."),
    (Builtin::ZeroDivisionError, "The second operand of a division or modulo is zero."),
    (Builtin::AssertionError, "An assertion does not hold."),
    (Builtin::AttributeError, "There is no such attribute."),
    (Builtin::EOFError, "The input ended."),
    (Builtin::ImportError, "The module, or the name in it, cannot be imported."),
    (Builtin::ModuleNotFoundError, "There is no such module."),
    (Builtin::LookupError, "What errors of indices and keys inherit from."),
    (Builtin::IndexError, "The index is out of range."),
    (Builtin::KeyError, "There is no such key."),
    (Builtin::MemoryError, "There is not enough memory."),
    (Builtin::NameError, "The name means nothing here."),
    (Builtin::UnboundLocalError, "The local name has no value yet."),
    (Builtin::OSError, "A call of the operating system failed."),
    (Builtin::RuntimeError, "An error that fits no other class."),
    (Builtin::NotImplementedError, "The method or function is not written yet."),
    (Builtin::RecursionError, "Calls nest too deeply."),
    (Builtin::SyntaxError, "The text is no program."),
    (Builtin::IndentationError, "The indentation is wrong."),
    (Builtin::TabError, "Tabs and spaces are mixed so that the indentation is not clear."),
    (Builtin::SystemError, "An error inside the interpreter."),
    (Builtin::TypeError, "The argument is of the wrong class."),
    (Builtin::ValueError, "The argument has the wrong value."),
    (Builtin::UnicodeError, "Text cannot be encoded or decoded."),
    (Builtin::Warning, "What warnings inherit from."),
];
