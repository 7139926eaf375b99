//! Putting a machine together: built-in classes, native functions, the prelude, modules. The one file of the machine that
//! knows what built-ins and library there are.

use std::sync::Arc;

use crate::builtins;
use crate::builtins::table::{self, ClassRows};
use crate::heap::{Value, Word};
use crate::stdlib;
use crate::value::class::{NewClass, Type, class_flag};
use crate::value::dict::Dict;
use crate::value::function::{Function, Native};
use crate::value::lazy_unit::Origin;
use crate::value::record::{ClassMethod, Member, Module, StaticMethod};
use crate::value::{Builtin, Context, Raised, Res, World};

use super::host::Host;
use super::machine::{Library, NativeEntry, Options, Vm, WellKnown};
use super::native::{Binding, Row};
use super::script::Script;
use super::thread::Thread;
use super::trap::Trap;

/// Classes that cannot be bases.
const FINAL: &[Builtin] = &[
    Builtin::Bool,
    Builtin::NoneType,
    Builtin::EllipsisType,
    Builtin::NotImplementedType,
    Builtin::Function,
    Builtin::Native,
    Builtin::MethodDescriptor,
    Builtin::BoundMethod,
    Builtin::Generator,
    Builtin::Range,
    Builtin::Slice,
    Builtin::Cell,
    Builtin::Code,
    Builtin::Traceback,
    Builtin::DictKeys,
    Builtin::DictValues,
    Builtin::DictItems,
    Builtin::Lock,
];

/// Classes that `builtins` names, besides the exceptions.
const NAMED: &[Builtin] = &[
    Builtin::Object,
    Builtin::Type,
    Builtin::Int,
    Builtin::Bool,
    Builtin::Float,
    Builtin::Complex,
    Builtin::Str,
    Builtin::Bytes,
    Builtin::Tuple,
    Builtin::List,
    Builtin::Dict,
    Builtin::Set,
    Builtin::FrozenSet,
    Builtin::Range,
    Builtin::Slice,
    Builtin::Property,
    Builtin::StaticMethod,
    Builtin::ClassMethod,
    Builtin::Super,
    Builtin::Enumerate,
    Builtin::Zip,
    Builtin::Map,
    Builtin::Filter,
    Builtin::Reversed,
];

impl Vm {
    /// A machine on a host, with its main thread, which has attached.
    ///
    /// # Errors
    /// Where the embedded library does not run: the words of the exception.
    pub fn boot(host: Arc<dyn Host>, options: Options) -> Result<(Arc<Vm>, Box<Thread>), String> {
        let world = Arc::new(World::new(options.hash_seed));
        world.heap.set_limit(options.memory_limit);
        let cx = Context::new(world.clone(), Box::new(|| {}), Box::new(|| false));
        let mut natives = Vec::new();
        let made =
            assemble(&cx, &mut natives).map_err(|Raised| "the built-in classes cannot be made".to_owned())?;
        let vm = Arc::new(Vm::assemble(world, host.clone(), options, natives, made));
        cx.local().retire();
        drop(cx);
        let trap = Arc::new(Trap::new());
        let token = host.register(trap.clone());
        host.attach(token);
        let mut thread = Thread::new(vm.clone(), token, trap);
        load_prelude(&mut thread)?;
        Ok((vm, thread))
    }
}

/// Makes the classes, the built-ins and the prelude's natives.
fn assemble(cx: &Context, natives: &mut Vec<NativeEntry>) -> Result<WellKnown, Raised> {
    make_classes(cx)?;
    for ClassRows { class, rows } in table::class_rows() {
        for row in rows {
            install(cx, natives, class, row)?;
        }
    }
    for class in table::UNHASHABLE {
        cx.class(*class).namespace().set(cx, cx.intern("__hash__"), Value::NONE)?;
    }
    for class in Builtin::ALL {
        let class = cx.class(*class);
        if class.namespace().get_name(cx, "__hash__").is_some_and(Value::is_none) {
            class.set_flags(class_flag::UNHASHABLE);
        }
    }
    let builtins = Dict::new(cx);
    cx.world().keep(Value::object(builtins));
    let module_name = cx.intern("builtins");
    for row in table::functions() {
        add_function(cx, natives, builtins, row, Some(module_name))?;
    }
    for class in
        NAMED.iter().copied().chain(Builtin::ALL.iter().copied().filter(|class| class.is_exception()))
    {
        builtins.set(cx, cx.intern(class.name()), Value::object(cx.class(class)))?;
    }
    for (name, value) in [
        ("NotImplemented", Value::NOT_IMPLEMENTED),
        ("Ellipsis", Value::ELLIPSIS),
        ("__debug__", Value::TRUE),
        ("EnvironmentError", Value::object(cx.class(Builtin::OSError))),
        ("IOError", Value::object(cx.class(Builtin::OSError))),
        ("__name__", module_name),
    ] {
        builtins.set(cx, cx.intern(name), value)?;
    }
    let prelude = Dict::new(cx);
    cx.world().keep(Value::object(prelude));
    for row in table::prelude_rows() {
        add_function(cx, natives, prelude, row, None)?;
    }
    let modules = Dict::new(cx);
    cx.world().keep(Value::object(modules));
    let module = Module::new(cx, Builtin::Module, Some(Value::object(builtins)));
    modules.set(cx, module_name, Value::object(module))?;
    let new = add_native(natives, &builtins::payload::NEW, None);
    let mut constructors = vec![u32::MAX; Builtin::ALL.len()];
    for (class, row) in table::constructors() {
        constructors[class as usize] = add_native(natives, row, None);
        // What has another `__new__` has it from its rows, or from the prelude.
        let (namespace, key) = (cx.class(class).namespace(), cx.intern("__new__"));
        if namespace.get(cx, key)?.is_none() {
            let owner = Some(Value::object(cx.class(class)));
            namespace.set(cx, key, Value::object(Native::new(cx, Builtin::Native, new, owner, owner)))?;
        }
    }
    for module in stdlib::MODULES {
        for row in module.rows {
            add_native(natives, row, Some(module.name));
        }
    }
    *cx.world().native_names.write() = natives.iter().map(|entry| entry.row.name).collect();
    Ok(WellKnown {
        builtins: Value::object(builtins).word(),
        prelude: Value::object(prelude).word(),
        modules: Value::object(modules).word(),
        constructors,
        library: Library {
            initialise_exception: builtins::exception::initialise,
            flush_files: builtins::file::flush_all,
        },
    })
}

fn make_classes(cx: &Context) -> Result<(), Raised> {
    let shapes = &cx.world().shapes;
    for _ in Builtin::ALL {
        shapes.new_root(Word::NONE_AT_ALL, 0).ok_or(Raised)?;
    }
    for class in Builtin::ALL.iter().copied() {
        let name = cx.intern(class.name());
        let base = (class != Builtin::Object).then(|| cx.class(class.base()));
        let bases: Vec<Value<'_>> = base.map(Value::object).into_iter().collect();
        let mro_tail = base.map_or(&[][..], Type::mro);
        let made = Type::new(
            cx,
            &NewClass {
                name,
                qualname: name,
                bases: cx.tuple(&bases)?,
                mro_tail,
                namespace: Dict::new(cx),
                layout: layout(class),
                metaclass_shape: Builtin::Type.shape(),
                slots: 0,
            },
        )?;
        shapes.set_class(class.shape(), Value::object(made).word());
        made.set_root_shape(class.shape());
        made.set_flags(class_flag::BUILTIN);
        if class.is_exception() {
            made.set_flags(class_flag::EXCEPTION);
        }
        if FINAL.contains(&class) {
            made.set_flags(class_flag::FINAL);
        }
        if let Some(base) = base {
            base.add_subclass(cx, made)?;
        }
    }
    Ok(())
}

/// The class whose layout instances have: an exception's is its own, since `OSError` and others have attributes.
fn layout(class: Builtin) -> Builtin {
    class
}

/// Adds a row to a class.
fn install(
    cx: &Context,
    natives: &mut Vec<NativeEntry>,
    class: Builtin,
    row: &'static Row,
) -> Result<(), Raised> {
    let owner = Value::object(cx.class(class));
    let namespace = cx.class(class).namespace();
    let name = cx.intern(row.name);
    let number = add_native(natives, row, Some(class.name()));
    let descriptor =
        if row.name.starts_with("__") { Builtin::WrapperDescriptor } else { Builtin::MethodDescriptor };
    let function = |class| Value::object(Native::new(cx, class, number, None, Some(owner)));
    let value = match row.binding {
        Binding::Method => function(descriptor),
        Binding::Class => {
            Value::object(ClassMethod::new(cx, Builtin::ClassMethod, Some(function(Builtin::Native))))
        }
        Binding::Static => {
            Value::object(StaticMethod::new(cx, Builtin::StaticMethod, Some(function(Builtin::Native))))
        }
        Binding::Getter => {
            let getter = Some(function(Builtin::Native));
            Value::object(Member::new(cx, Builtin::GetSet, Some(name), Some(owner), getter, None))
        }
        Binding::Setter => {
            if let Some(member) = namespace.get(cx, name)?.and_then(|member| member.get::<Member>()) {
                member.set_setter(cx, Some(function(Builtin::Native)));
            }
            return Ok(());
        }
    };
    namespace.set(cx, name, value)
}

/// Adds a row to the table of natives; returns its number there.
fn add_native(natives: &mut Vec<NativeEntry>, row: &'static Row, owner: Option<&'static str>) -> u32 {
    natives.push(NativeEntry::new(row, owner));
    natives.len() as u32 - 1
}

/// Adds a function to a namespace.
fn add_function(
    cx: &Context,
    natives: &mut Vec<NativeEntry>,
    namespace: &Dict,
    row: &'static Row,
    module: Option<Value<'_>>,
) -> Result<(), Raised> {
    let number = add_native(natives, row, None);
    let function = Native::new(cx, Builtin::Native, number, None, module);
    namespace.set(cx, cx.intern(row.name), Value::object(function))
}

/// Runs the prelude's sources, and gives the built-in classes what is written in it.
fn load_prelude(thread: &mut Thread) -> Result<(), String> {
    for (name, script) in table::PRELUDE {
        let function = {
            let cx = thread.cx();
            let name_key = cx.intern("__name__");
            let _ = thread.vm().prelude().set(cx, name_key, cx.intern("builtins"));
            embedded(cx, name, script, thread.vm().prelude(), true)?
        };
        thread.call_sync(function, &[]).map_err(|Raised| failure(thread, name))?;
        if *name == "core" {
            install_prelude(thread).map_err(|Raised| failure(thread, name))?;
        }
    }
    let (vm, cx) = (thread.vm(), thread.cx());
    for name in table::PRELUDE_BUILTINS {
        let Some(value) = vm.prelude().get_name(cx, name) else {
            return Err(format!("the library has no {name}"));
        };
        let set = vm.builtins().set(cx, cx.intern(name), value);
        set.map_err(|Raised| "no memory".to_owned())?;
    }
    Ok(())
}

fn failure(thread: &Thread, name: &str) -> String {
    let cx = thread.cx();
    let error = cx.take_pending();
    let text = error.and_then(|error| crate::value::repr::repr(cx, error).ok());
    let text =
        text.and_then(|text| text.get::<crate::value::str::Str>()).map(|text| text.lossy().into_owned());
    format!("the library's {name} does not run: {}", text.unwrap_or_default())
}

/// The function that runs a part of the library. The prelude's frames are hidden from tracebacks; those of
/// most modules show, as in CPython.
fn embedded(cx: &Context, name: &str, script: &Script, globals: &Dict, hidden: bool) -> Result<Word, String> {
    let code =
        script.code(name).map_err(|_| format!("the library's {name} was built by another compiler"))?;
    let unit = Vm::load(cx, Origin::Packed(code), hidden);
    Ok(Value::object(Function::new(cx, unit, globals)).word())
}

fn install_prelude(thread: &Thread) -> Result<(), Raised> {
    let cx = thread.cx();
    let prelude = thread.vm().prelude();
    let function = |name: &str| prelude.get_name(cx, name).ok_or(Raised);
    thread.vm().builtins().set(cx, cx.intern("__build_class__"), function("build_class")?)?;
    for (class, init) in [
        (Builtin::Int, "quiet_init"),
        (Builtin::Float, "quiet_init"),
        (Builtin::Complex, "quiet_init"),
        (Builtin::Str, "quiet_init"),
        (Builtin::Bytes, "quiet_init"),
        (Builtin::Tuple, "quiet_init"),
        (Builtin::List, "list_init"),
        (Builtin::Dict, "dict_init"),
        (Builtin::Set, "set_init"),
        (Builtin::FrozenSet, "quiet_init"),
        (Builtin::Random, "quiet_init"),
    ] {
        cx.class(class).namespace().set(cx, cx.intern("__init__"), function(init)?)?;
    }
    let class = cx.class(Builtin::Type).namespace();
    let new = Value::object(StaticMethod::new(cx, Builtin::StaticMethod, Some(function("type_new")?)));
    class.set(cx, cx.intern("__new__"), new)?;
    class.set(cx, cx.intern("__call__"), function("make_instance")?)?;
    Ok(())
}

/// A native or embedded module that is new, and the function that runs its source (or None): a pair. None if there is no
/// module of that name.
///
/// # Errors
/// `MemoryError`; `SystemError` if its source does not compile.
pub(crate) fn native_module<'t>(vm: &'t Vm, cx: &'t Context, name: &str) -> Res<'t> {
    let Some(def) = stdlib::MODULES.iter().find(|module| module.name == name) else { return Ok(Value::NONE) };
    let dict = Dict::new(cx);
    let module = Module::new(cx, Builtin::Module, Some(Value::object(dict)));
    let name_value = cx.intern(name);
    dict.set(cx, cx.intern("__name__"), name_value)?;
    dict.set(cx, cx.intern("__doc__"), Value::NONE)?;
    // The rows of a module stand one behind the other in the table of natives.
    let first = def.rows.first().map_or(0, |row| vm.native_number(row));
    for (row, number) in def.rows.iter().zip(first..) {
        let function = Native::new(cx, Builtin::Native, number, None, Some(name_value));
        dict.set(cx, cx.intern(row.name), Value::object(function))?;
    }
    let mut outcome = Ok(());
    (def.constants)(cx, &mut |name, value| {
        if outcome.is_ok() {
            outcome = dict.set(cx, cx.intern(name), value);
        }
    });
    outcome?;
    let function = match &def.source {
        None => Value::NONE,
        Some(script) => {
            let hidden = stdlib::WITHOUT_FRAMES.contains(&name);
            let word = embedded(cx, name, script, dict, hidden)
                .map_err(|error| cx.raise(Builtin::SystemError, error))?;
            // SAFETY: the function was just made, and nothing has run since.
            unsafe { word.value() }.unwrap_or(Value::NONE)
        }
    };
    cx.tuple(&[Value::object(module), function])
}

/// A module from a file of the program's own folder, and the function that runs it: a pair, or None.
///
/// # Errors
/// `SyntaxError`, `OSError`, `MemoryError`.
pub(crate) fn file_module<'t>(vm: &'t Vm, cx: &'t Context, name: &str) -> Res<'t> {
    let Some(folder) = &vm.options.path else { return Ok(Value::NONE) };
    let candidates = ["mpy", "py"].map(|ending| folder.join(format!("{name}.{ending}")));
    let Some(path) = candidates.into_iter().find(|path| path.is_file()) else { return Ok(Value::NONE) };
    let text = std::fs::read_to_string(&path).map_err(|error| cx.raise(Builtin::ImportError, error))?;
    let dict = Dict::new(cx);
    let module = Module::new(cx, Builtin::Module, Some(Value::object(dict)));
    let file = path.to_string_lossy().into_owned();
    dict.set(cx, cx.intern("__name__"), cx.intern(name))?;
    dict.set(cx, cx.intern("__file__"), cx.str(&file)?)?;
    let function = builtins::execute::compile_file(cx, &file, &text, dict)?;
    cx.tuple(&[Value::object(module), Value::object(function)])
}

#[cfg(test)]
mod tests {
    use minipy_grammar::Source;

    use super::*;

    #[test]
    fn the_build_made_the_code_of_these_sources() {
        let modules =
            stdlib::MODULES.iter().filter_map(|module| Some((module.name, module.source.as_ref()?)));
        let prelude = table::PRELUDE.iter().map(|(name, script)| (*name, script));
        for (name, script) in prelude.chain(modules) {
            let source = Source::new(format!("<{name}>"), script.text);
            let module = minipy_grammar::parse(&source).expect(name);
            let compiled = minipy_compiler::compile(&source, &module).expect(name);
            let unpacked = minipy_compiler::unpack(script.packed, &source);
            assert!(unpacked.as_ref() == Ok(&compiled), "{name} is another one than its source");
        }
    }
}
