//! Putting a machine together: built-in classes, native functions, the prelude, modules. The one file of the machine that
//! knows what built-ins and library there are.

use std::sync::Arc;

use minipy_compiler::{Archive, Malformed};

use crate::builtins;
use crate::builtins::table::{self, ClassRows};
use crate::heap::{Value, Word};
use crate::stdlib;
use crate::value::class::{NewClass, Type, class_flag};
use crate::value::dict::Dict;
use crate::value::function::{Function, Native};
use crate::value::lazy_unit::Origin;
use crate::value::record::{ClassMethod, Member, Module, StaticMethod};
use crate::value::{Builtin, Context, Members, Raised, Res, World};

use super::host::Host;
use super::machine::{Library, NativeEntry, Options, Vm, WellKnown};
use super::native::{Binding, Row};
use super::prelude::{BUILT_BY_ANOTHER, Makers, Prelude};
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

/// How many native functions there is room for at first: about as many as there are.
const NATIVES: usize = 1 << 11;

impl Vm {
    /// A machine on a host, with its main thread, which has attached.
    ///
    /// # Errors
    /// Where the embedded library does not run: the words of the exception.
    pub fn boot(host: Arc<dyn Host>, options: Options) -> Result<(Arc<Vm>, Box<Thread>), String> {
        let world = Arc::new(World::new(options.hash_seed));
        world.heap.set_limit(options.memory_limit);
        let cx = Context::new(world.clone(), Box::new(|| {}), Box::new(|| false));
        let mut natives = Vec::with_capacity(NATIVES);
        let made =
            assemble(&cx, &mut natives).map_err(|Raised| "the built-in classes cannot be made".to_owned())?;
        let vm = Arc::new(Vm::assemble(world, host.clone(), options, natives, made));
        cx.local().close();
        drop(cx);
        let trap = Arc::new(Trap::new());
        let token = host.register(trap.clone());
        host.attach(token);
        let mut thread = Thread::new(vm.clone(), token, trap);
        load_prelude(&mut thread)?;
        Ok((vm, thread))
    }
}

/// Makes the classes and the built-ins. Members of the classes are made when somebody asks for them.
fn assemble(cx: &Context, natives: &mut Vec<NativeEntry>) -> Result<WellKnown, Raised> {
    make_classes(cx)?;
    let mut rows = Vec::new();
    for ClassRows { class, rows: part } in table::class_rows() {
        rows.push((class, natives.len() as u32, part));
        natives.extend(part.iter().map(|row| NativeEntry::of_class(row, class)));
    }
    // Those of a class stay in their order.
    rows.sort_by_key(|(class, ..)| *class as u32);
    let builtins = Dict::new(cx);
    cx.world().keep(Value::object(builtins));
    let module_name = cx.intern("builtins");
    for row in table::functions() {
        let function =
            Native::new(cx, Builtin::Native, add_native(natives, row, None), None, Some(module_name));
        builtins.set(cx, cx.intern(row.name), Value::object(function))?;
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
    let own = table::prelude_rows().map(|row| (row.name, add_native(natives, row, None)));
    let makers = Makers {
        property: builtins::descriptor::property_of,
        class: builtins::class::new_class,
        announce: builtins::class::announce,
    };
    let prelude = Arc::new(Prelude::new(cx, table::PRELUDE, definitions(cx)?, makers, own.collect()));
    let modules = Dict::new(cx);
    cx.world().keep(Value::object(modules));
    let module = Module::new(cx, Builtin::Module, Some(Value::object(builtins)));
    modules.set(cx, module_name, Value::object(module))?;
    let new = add_native(natives, &builtins::payload::NEW, None);
    let mut constructors = vec![u32::MAX; Builtin::ALL.len()];
    for (class, row) in table::constructors() {
        constructors[class as usize] = add_native(natives, row, None);
    }
    for module in stdlib::MODULES {
        natives.extend(module.rows.iter().map(|row| NativeEntry::new(row, Some(module.name))));
    }
    *cx.world().native_names.write() = natives.iter().map(|entry| entry.row.name).collect();
    let constructed = constructors.iter().map(|number| *number != u32::MAX).collect();
    let members = Arc::new(ClassMembers { rows, constructed, new, prelude: prelude.clone() });
    let those = members.clone();
    let tied = cx.world().members.set(Members {
        may_have: Box::new(move |class, name| members.may_have(class, name)),
        make: Box::new(move |cx, class, dict| those.make(cx, class, dict)),
    });
    if tied.is_err() {
        unreachable!("a world is assembled once");
    }
    Ok(WellKnown {
        builtins: Value::object(builtins).word(),
        prelude,
        modules: Value::object(modules).word(),
        constructors,
        library: Library {
            initialise_exception: builtins::exception::initialise,
            flush_files: builtins::file::flush_all,
        },
    })
}

/// What the prelude has that is made by recipes.
fn definitions(cx: &Context) -> Result<Archive<'static>, Raised> {
    Archive::new(table::DEFINITIONS).map_err(|Malformed| cx.raise(Builtin::SystemError, BUILT_BY_ANOTHER))
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
        made.set_flags(class_flag::BUILTIN | class_flag::EMPTY);
        if table::UNHASHABLE.contains(&class) {
            made.set_flags(class_flag::UNHASHABLE);
        }
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

/// The members of the built-in classes.
struct ClassMembers {
    /// By class, its rows and the number of the first of them in the table of natives.
    rows: Vec<(Builtin, u32, &'static [Row])>,
    /// By class, whether there is something to call it with.
    constructed: Box<[bool]>,
    /// The number of the `__new__` of such a class that has no other one.
    new: u32,
    prelude: Arc<Prelude>,
}

impl ClassMembers {
    fn rows_of(&self, class: Builtin) -> impl Iterator<Item = (u32, &'static Row)> {
        let first = self.rows.partition_point(|(other, ..)| (*other as u32) < class as u32);
        let parts = self.rows[first..].iter().take_while(move |(other, ..)| *other == class);
        parts.flat_map(|(_, first, rows)| (*first..).zip(*rows))
    }

    fn may_have(&self, class: Builtin, name: &str) -> bool {
        let is_written = |(other, written, _): &(Builtin, &str, &str)| *other == class && *written == name;
        self.rows_of(class).any(|(_, row)| row.name == name)
            || matches!(name, "__new__" | "__hash__")
            || table::WRITTEN.iter().any(is_written)
    }

    fn make(&self, cx: &Context, class: &Type, members: &Dict) -> Result<(), Raised> {
        let (layout, owner) = (class.layout(), Value::object(class));
        for (number, row) in self.rows_of(layout) {
            install(cx, members, owner, row, number)?;
        }
        if table::UNHASHABLE.contains(&layout) {
            members.set(cx, cx.intern("__hash__"), Value::NONE)?;
        }
        // What has another `__new__` has it from its rows, or from the prelude.
        let key = cx.intern("__new__");
        if self.constructed[layout as usize] && members.get(cx, key)?.is_none() {
            let owner = Some(owner);
            let new = Native::new(cx, Builtin::Native, self.new, owner, owner);
            members.set(cx, key, Value::object(new))?;
        }
        for (_, name, function) in table::WRITTEN.iter().filter(|(class, ..)| *class == layout) {
            let function = self.prelude.get(cx, cx.intern(function))?.ok_or(Raised)?;
            let value = match *name {
                "__new__" => Value::object(StaticMethod::new(cx, Builtin::StaticMethod, Some(function))),
                _ => function,
            };
            members.set(cx, cx.intern(name), value)?;
        }
        Ok(())
    }
}

/// Adds a row to the members of a class.
fn install(
    cx: &Context,
    members: &Dict,
    owner: Value<'_>,
    row: &'static Row,
    number: u32,
) -> Result<(), Raised> {
    let name = cx.intern(row.name);
    let descriptor =
        if row.is_ordinary_method() { Builtin::MethodDescriptor } else { Builtin::WrapperDescriptor };
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
            if let Some(member) = members.get(cx, name)?.and_then(|member| member.get::<Member>()) {
                member.set_setter(cx, Some(function(Builtin::Native)));
            }
            return Ok(());
        }
    };
    members.set(cx, name, value)
}

/// Adds a row to the table of natives; returns its number there.
fn add_native(natives: &mut Vec<NativeEntry>, row: &'static Row, owner: Option<&'static str>) -> u32 {
    natives.push(NativeEntry::new(row, owner));
    natives.len() as u32 - 1
}

/// Runs what the prelude's sources have besides definitions: it makes constants.
fn load_prelude(thread: &mut Thread) -> Result<(), String> {
    {
        let (vm, cx) = (thread.vm(), thread.cx());
        let name = cx.intern("builtins");
        let set = vm.prelude().globals().set(cx, cx.intern("__name__"), name);
        set.map_err(|Raised| "no memory".to_owned())?;
    }
    for (name, script) in table::PRELUDE.iter().filter(|(_, script)| !script.packed.is_empty()) {
        let function = {
            let (vm, cx) = (thread.vm(), thread.cx());
            let packed =
                vm.prelude().source(name).ok_or(Malformed).and_then(|source| script.code_of(&source));
            let packed = packed.map_err(|Malformed| BUILT_BY_ANOTHER.to_owned())?;
            let unit = Vm::load(cx, Origin::Packed(packed), true);
            Value::object(Function::new(cx, unit, vm.prelude().globals())).word()
        };
        thread.call_sync(function, &[]).map_err(|Raised| failure(thread, name))?;
    }
    let (vm, cx) = (thread.vm(), thread.cx());
    copy_to_builtins(vm, cx, "build_class", "__build_class__")?;
    table::PRELUDE_BUILTINS.iter().try_for_each(|name| copy_to_builtins(vm, cx, name, name))
}

/// Shows something of the prelude to every program.
fn copy_to_builtins(vm: &Vm, cx: &Context, name: &str, shown: &str) -> Result<(), String> {
    let value = vm.from_prelude(cx, cx.intern(name)).ok().flatten();
    let value = value.ok_or_else(|| format!("the library has no {name}"))?;
    vm.builtins().set(cx, cx.intern(shown), value).map_err(|Raised| "no memory".to_owned())
}

fn failure(thread: &Thread, name: &str) -> String {
    let cx = thread.cx();
    let error = cx.take_pending();
    let text = error.and_then(|error| crate::value::repr::repr(cx, error).ok());
    let text =
        text.and_then(|text| text.get::<crate::value::str::Str>()).map(|text| text.lossy().into_owned());
    format!("the library's {name} does not run: {}", text.unwrap_or_default())
}

/// The function that runs a module of the library.
fn embedded(cx: &Context, name: &str, script: &Script, globals: &Dict) -> Result<Word, Raised> {
    let code = script.code(name).map_err(|Malformed| cx.raise(Builtin::SystemError, BUILT_BY_ANOTHER))?;
    let unit = Vm::load(cx, Origin::Packed(code), stdlib::WITHOUT_FRAMES.contains(&name));
    Ok(Value::object(Function::new(cx, unit, globals)).word())
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
            let word = embedded(cx, name, script, dict)?;
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
    use minipy_compiler::{PackedRecipe, Recipe};
    use minipy_grammar::Source;
    use minipy_grammar::ast::Name;

    use super::*;

    fn parsed(name: &str, script: &Script) -> (Arc<Source>, minipy_grammar::ast::Module) {
        let source = script.source(name);
        let module = minipy_grammar::parse(&source).expect(name);
        (source, module)
    }

    #[test]
    fn the_build_made_the_code_of_these_sources() {
        for module in stdlib::MODULES {
            let (name, Some(script)) = (module.name, &module.source) else { continue };
            let (source, module) = parsed(name, script);
            let compiled = minipy_compiler::compile(&source, &module).expect(name);
            let unpacked = minipy_compiler::unpack(script.packed, &source);
            assert!(unpacked.as_ref() == Ok(&compiled), "{name} is another one than its source");
        }
    }

    /// Whether a packed recipe makes what the other one does.
    fn is_packed(recipe: &Recipe, packed: &PackedRecipe<'_>) -> bool {
        let of_all = |some: &[Recipe], others: &[PackedRecipe<'_>]| {
            some.len() == others.len() && some.iter().zip(others).all(|(one, other)| is_packed(one, other))
        };
        match (recipe, packed) {
            (Recipe::Const(one), Recipe::Const(other)) => one == other,
            (Recipe::Named(one), Recipe::Named(other)) => **one == **other,
            (Recipe::Tuple(some), Recipe::Tuple(others)) => of_all(some, others),
            (
                Recipe::Function { code, defaults },
                Recipe::Function { code: other, defaults: other_defaults },
            ) => {
                let defaults = match (defaults, other_defaults) {
                    (None, None) => true,
                    (Some(one), Some(other)) => is_packed(one, other),
                    _ => false,
                };
                defaults && other.open().is_ok_and(|other| other.code.ops == code.ops)
            }
            (Recipe::Wrapped(wrapper, one), Recipe::Wrapped(other_wrapper, other)) => {
                wrapper == other_wrapper && is_packed(one, other)
            }
            (Recipe::Class(one), Recipe::Class(other)) => {
                let names = |(name, _): &(Name, Recipe)| name.to_string();
                let other_names = |(name, _): &(&str, PackedRecipe<'_>)| (*name).to_owned();
                *one.name == *other.name
                    && one.attribute_hint == other.attribute_hint
                    && one.bases.iter().map(|base| &**base).eq(other.bases.iter().copied())
                    && one.members.iter().map(names).eq(other.members.iter().map(other_names))
                    && one.members.iter().zip(&other.members).all(|(one, other)| is_packed(&one.1, &other.1))
            }
            _ => false,
        }
    }

    #[test]
    fn the_build_made_the_prelude_of_these_sources() {
        let archive = Archive::new(table::DEFINITIONS).expect("it is an archive");
        let mut names: Vec<String> = archive.names().map(str::to_owned).collect();
        for (name, script) in table::PRELUDE {
            let (source, module) = parsed(name, script);
            let (rest, definitions) = minipy_compiler::compile_apart(&source, module).expect(name);
            let packed = rest.map_or_else(Vec::new, |rest| minipy_compiler::pack(&rest));
            assert!(script.packed == packed, "{name} is another one");
            for definition in definitions {
                let found =
                    archive.find(&definition.name, |chapter| (chapter == *name).then(|| source.clone()));
                let found = found.expect(name).expect(name);
                assert!(is_packed(&definition.recipe, &found), "{name} has another {}", definition.name);
                names.retain(|other| **other != *definition.name);
            }
        }
        assert_eq!(names, [""; 0], "no source has these");
    }

    #[test]
    fn a_name_of_the_prelude_stands_for_one_thing() {
        let archive = Archive::new(table::DEFINITIONS).expect("it is an archive");
        let mut names: Vec<&str> = archive.names().chain(table::prelude_rows().map(|row| row.name)).collect();
        names.extend(table::functions().map(|row| row.name));
        names.extend(Builtin::ALL.iter().map(|class| class.name()));
        names.sort_unstable();
        let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}
