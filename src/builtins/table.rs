//! The tables that say which rows belong where.

use crate::value::Builtin;
use crate::vm::native::Row;
use crate::vm::script::{Script, script};

use super::*;

/// The rows of one class.
pub(crate) struct ClassRows {
    /// The class.
    pub(crate) class: Builtin,
    /// Its rows.
    pub(crate) rows: &'static [Row],
}

const fn of(class: Builtin, rows: &'static [Row]) -> ClassRows {
    ClassRows { class, rows }
}

/// The rows of every class.
pub(crate) fn class_rows() -> impl Iterator<Item = ClassRows> {
    let shown = Builtin::ALL.iter().map(|class| of(*class, show::rows_of(*class)));
    let rows = [
        of(Builtin::Object, object::ROWS),
        of(Builtin::Type, class::ROWS),
        of(Builtin::Int, int::ROWS),
        of(Builtin::Float, float::ROWS),
        of(Builtin::Complex, complex::ROWS),
        of(Builtin::Str, str::ROWS),
        of(Builtin::Bytes, bytes::ROWS),
        of(Builtin::Tuple, tuple::ROWS),
        of(Builtin::List, list::ROWS),
        of(Builtin::Deque, deque::ROWS),
        of(Builtin::Dict, dict::ROWS),
        of(Builtin::Repeat, endless::REPEAT_ROWS),
        of(Builtin::Set, set::ROWS),
        of(Builtin::FrozenSet, set::FROZEN_ROWS),
        of(Builtin::Range, range::ROWS),
        of(Builtin::Slice, slice::ROWS),
        of(Builtin::DictKeys, views::SET_ROWS),
        of(Builtin::DictItems, views::SET_ROWS),
        of(Builtin::DictValues, views::VALUES_ROWS),
        of(Builtin::Random, random::ROWS),
        of(Builtin::BaseException, exception::ROWS),
        of(Builtin::ImportError, exception_attributes::IMPORT_ERROR),
        of(Builtin::AttributeError, exception_attributes::ATTRIBUTE_ERROR),
        of(Builtin::NameError, exception_attributes::NAME_ERROR),
        of(Builtin::OSError, exception_attributes::OS_ERROR),
        of(Builtin::StopIteration, exception_attributes::STOP_ITERATION),
        of(Builtin::SystemExit, exception_attributes::SYSTEM_EXIT),
        of(Builtin::SyntaxError, exception_attributes::SYNTAX_ERROR),
        of(Builtin::UnicodeDecodeError, exception_attributes::UNICODE_ERROR),
        of(Builtin::UnicodeEncodeError, exception_attributes::UNICODE_ERROR),
        of(Builtin::UnicodeTranslateError, exception_attributes::TRANSLATE_ERROR),
        of(Builtin::Traceback, exception::TRACEBACK_ROWS),
        of(Builtin::Lock, lock::ROWS),
        of(Builtin::TextFile, file::ROWS),
        of(Builtin::TextFile, file::TEXT_ROWS),
        of(Builtin::BinaryFile, file::ROWS),
        of(Builtin::BinaryWriter, file::ROWS),
        of(Builtin::BinaryRandom, file::ROWS),
        of(Builtin::ThreadHandle, thread_handle::ROWS),
        of(Builtin::Generator, generator::ROWS),
        of(Builtin::Function, function::ROWS),
        of(Builtin::BoundMethod, function::METHOD_ROWS),
        of(Builtin::Native, function::NATIVE_ROWS),
        of(Builtin::MethodDescriptor, function::DESCRIPTOR_ROWS),
        of(Builtin::WrapperDescriptor, function::DESCRIPTOR_ROWS),
        of(Builtin::Cell, function::CELL_ROWS),
        of(Builtin::Code, code::ROWS),
        of(Builtin::Module, module::ROWS),
        of(Builtin::MappingProxy, module::PROXY_ROWS),
        of(Builtin::Property, descriptor::PROPERTY_ROWS),
        of(Builtin::StaticMethod, descriptor::STATIC_METHOD_ROWS),
        of(Builtin::ClassMethod, descriptor::CLASS_METHOD_ROWS),
        of(Builtin::Member, descriptor::MEMBER_ROWS),
        of(Builtin::GetSet, descriptor::MEMBER_ROWS),
        of(Builtin::Super, descriptor::SUPER_ROWS),
    ];
    let walking = iterables::COUNTED.iter().map(|class| of(*class, iterables::ITERATOR_ROWS));
    let special = special::CLASSES.iter().map(|(class, rows)| of(*class, rows));
    let subscriptable = class::SUBSCRIPTABLE.iter().map(|builtin| of(*builtin, class::SUBSCRIPTABLE_ROWS));
    rows.into_iter().chain(shown).chain(walking).chain(special).chain(subscriptable)
}

/// Classes whose instances have no hash.
pub(crate) use special::UNHASHABLE;

/// The functions of the module `builtins`.
pub(crate) fn functions() -> impl Iterator<Item = &'static Row> {
    [core::ROWS, execute::ROWS, file::FUNCTIONS, numeric::ROWS, textual::ROWS, iterables::ROWS]
        .into_iter()
        .flatten()
}

/// The functions that only the prelude sees.
pub(crate) fn prelude_rows() -> impl Iterator<Item = &'static Row> {
    [
        core::PRELUDE_ROWS,
        class::PRELUDE_ROWS,
        payload::PRELUDE_ROWS,
        textual::PRELUDE_ROWS,
        container_support::PRELUDE_ROWS,
        generator::PRELUDE_ROWS,
        descriptor::PRELUDE_ROWS,
        exception::PRELUDE_ROWS,
        deque::PRELUDE_ROWS,
    ]
    .into_iter()
    .flatten()
}

/// What calling a built-in class runs.
pub(crate) fn constructors() -> Vec<(Builtin, &'static Row)> {
    vec![
        (Builtin::Object, &core::OBJECT_NEW),
        (Builtin::Type, &core::TYPE_NEW),
        (Builtin::Super, &core::SUPER_NEW),
        (Builtin::Property, &descriptor::NEW_PROPERTY),
        (Builtin::StaticMethod, &descriptor::NEW_STATIC_METHOD),
        (Builtin::ClassMethod, &descriptor::NEW_CLASS_METHOD),
        (Builtin::Function, &function::NEW_FUNCTION),
        (Builtin::BoundMethod, &function::NEW_METHOD),
        (Builtin::Cell, &function::NEW_CELL),
        (Builtin::Module, &module::NEW),
        (Builtin::MappingProxy, &module::NEW_PROXY),
        (Builtin::NoneType, &core::NONE_NEW),
        (Builtin::EllipsisType, &special::NEW_ELLIPSIS),
        (Builtin::NotImplementedType, &special::NEW_NOT_IMPLEMENTED),
        (Builtin::Int, &int::NEW),
        (Builtin::Float, &float::NEW),
        (Builtin::Complex, &complex::NEW),
        (Builtin::Bool, &bool::NEW),
        (Builtin::Str, &str::NEW),
        (Builtin::Bytes, &bytes::NEW),
        (Builtin::Tuple, &tuple::NEW),
        (Builtin::List, &list::NEW),
        (Builtin::Deque, &deque::NEW),
        (Builtin::Dict, &dict::NEW),
        (Builtin::Set, &set::NEW),
        (Builtin::FrozenSet, &set::NEW_FROZEN),
        (Builtin::Range, &range::NEW),
        (Builtin::Slice, &slice::NEW),
        (Builtin::Enumerate, &iterables::NEW_ENUMERATE),
        (Builtin::Zip, &iterables::NEW_ZIP),
        (Builtin::Map, &iterables::NEW_MAP),
        (Builtin::Filter, &iterables::NEW_FILTER),
        (Builtin::Reversed, &iterables::NEW_REVERSED),
        (Builtin::Count, &endless::NEW_COUNT),
        (Builtin::Cycle, &endless::NEW_CYCLE),
        (Builtin::Repeat, &endless::NEW_REPEAT),
        (Builtin::Random, &random::NEW),
        (Builtin::Lock, &lock::NEW),
        (Builtin::ThreadHandle, &thread_handle::NEW),
    ]
}

/// The names of the prelude that are built-ins of every program.
pub(crate) const PRELUDE_BUILTINS: &[&str] = &["bytearray", "BaseExceptionGroup", "ExceptionGroup"];

/// Methods of built-in classes that are functions of the prelude: class, name, function.
pub(crate) const WRITTEN: &[(Builtin, &str, &str)] = &[
    (Builtin::Int, "__init__", "quiet_init"),
    (Builtin::Float, "__init__", "quiet_init"),
    (Builtin::Complex, "__init__", "quiet_init"),
    (Builtin::Str, "__init__", "quiet_init"),
    (Builtin::Bytes, "__init__", "quiet_init"),
    (Builtin::Tuple, "__init__", "quiet_init"),
    (Builtin::List, "__init__", "list_init"),
    (Builtin::Dict, "__init__", "dict_init"),
    (Builtin::Set, "__init__", "set_init"),
    (Builtin::FrozenSet, "__init__", "quiet_init"),
    (Builtin::Random, "__init__", "quiet_init"),
    (Builtin::Type, "__new__", "type_new"),
    (Builtin::Type, "__call__", "make_instance"),
];

/// The definitions of the prelude, which are made one by one, packed.
pub(crate) const DEFINITIONS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library/prelude.code"));

/// The sources of the prelude, by name: besides those definitions they have constants that are made at start.
pub(crate) const PRELUDE: &[(&str, Script)] = &[
    ("core", script!("prelude/core")),
    ("deque", script!("prelude/deque")),
    ("aliases", script!("prelude/aliases")),
    ("files", script!("prelude/files")),
    ("strings", script!("prelude/strings")),
    ("exceptions", script!("prelude/exceptions")),
    ("groups", script!("prelude/groups")),
    ("numbers", script!("prelude/numbers")),
    ("containers", script!("prelude/containers")),
    ("reduce", script!("prelude/reduce")),
    ("special", script!("prelude/special")),
    ("endless", script!("prelude/endless")),
    ("generators", script!("prelude/generators")),
    ("bytearray", script!("prelude/bytearray")),
    ("descriptors", script!("prelude/descriptors")),
];
