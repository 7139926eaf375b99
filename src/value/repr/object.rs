//! The `<… at 0x…>` of objects that have no notation, classes and functions among them.

use crate::heap::{Kind, Value};

use super::Printer;
use crate::value::Builtin;
use crate::value::class::{Type, class_flag};
use crate::value::context::{Context, Raised};
use crate::value::file::{File, FilePart};
use crate::value::function::{BoundMethod, Cell, Function, Native};
use crate::value::generator::Generator;
use crate::value::lock::Lock;
use crate::value::record::{Code, Member, Module, Super};
use crate::value::str::Str;
use crate::value::unit::Unit;

/// The `__module__` of a class, unless it is `builtins`.
fn module_of<'t>(cx: &'t Context, class: &'t Type) -> Option<&'t Str> {
    match class.namespace(cx).get_name(cx, "__module__") {
        Some(module) => module.get::<Str>().filter(|module| module.as_bytes() != b"builtins"),
        None => {
            let module = class.layout().module();
            if class.has(class_flag::BUILTIN) && module != "builtins" {
                cx.intern(module).get()
            } else {
                None
            }
        }
    }
}

/// What `id` gives and addresses show: a place made of the object's number, or for a value that is no object its word.
pub fn address(cx: &Context, value: Value<'_>) -> u64 {
    let word = value.word();
    match value.header() {
        Some(header) => {
            let number = u64::from(header.identity(&cx.world().heap.identities));
            0x7F00_0000_0000 | ((number * 16) & 0xFF_FFFF_FFFF)
        }
        None if word.is_small() => word.0 & i64::MAX as u64,
        None if word.is_float() => word.0 >> 1,
        None => word.0,
    }
}

impl<'t> Printer<'_, 't> {
    /// An object of a kind that holds no values which show.
    pub(super) fn object(&mut self, value: Value<'t>, plain: Value<'t>, kind: Kind) {
        match kind {
            Kind::Type => self.class(plain),
            Kind::Function => {
                self.text("<function ");
                self.function_name(plain);
                self.at(value);
            }
            Kind::Native => self.native(plain),
            Kind::Module => self.module(plain),
            Kind::Super => self.super_object(plain),
            Kind::Generator => {
                self.text("<generator object ");
                self.name(
                    plain.get::<Generator>().map_or(Value::NONE, |generator| generator.qualname(self.cx)),
                );
                self.at(value);
            }
            Kind::Cell => self.cell(plain),
            Kind::Code => self.code(plain),
            Kind::Member => self.member(plain),
            Kind::Lock => {
                let free = plain.get::<Lock>().is_some_and(|lock| lock.holder() == 0);
                self.text(if free { "<unlocked " } else { "<locked " });
                self.full_class_name(value);
                self.text(" object");
                self.at(value);
            }
            _ => self.nameless(value),
        }
    }

    /// `<module.Class object at 0x…>`
    pub(super) fn nameless(&mut self, value: Value<'t>) {
        self.text("<");
        self.full_class_name(value);
        self.text(" object");
        self.at(value);
    }

    /// `<_io.TextIOWrapper name='x' mode='r' encoding='UTF-8'>`
    pub(super) fn file(&mut self, value: Value<'t>, plain: Value<'t>) -> Result<(), Raised> {
        let Some(file) = plain.get::<File>() else { return Ok(()) };
        let text = self.cx.class_of(value).is(Builtin::TextFile);
        self.text("<");
        self.full_class_name(value);
        self.text(" name=");
        self.value(file.part(FilePart::Name))?;
        if text {
            self.text(" mode=");
            self.value(file.part(FilePart::Mode))?;
            self.text(" encoding=");
            self.value(file.part(FilePart::Encoding))?;
        }
        self.text(">");
        Ok(())
    }

    /// ` at 0x…>`
    fn at(&mut self, value: Value<'_>) {
        let address = address(self.cx, value);
        self.format(format_args!(" at {address:#x}>"));
    }

    /// Module and dotted name of the value's class.
    fn full_class_name(&mut self, value: Value<'t>) {
        self.dotted(self.cx.class_of(value));
    }

    fn dotted(&mut self, class: &Type) {
        if let Some(module) = module_of(self.cx, class) {
            self.out.extend_from_slice(module.as_bytes());
            self.text(".");
        }
        self.name(class.qualname());
    }

    pub(super) fn class(&mut self, value: Value<'t>) {
        let Some(class) = value.get::<Type>() else { return };
        self.text("<class '");
        self.dotted(class);
        self.text("'>");
    }

    /// The dotted name of a function, of a native one its name.
    pub(super) fn function_name(&mut self, value: Value<'t>) {
        if let Some(function) = value.get::<Function>() {
            self.name(function.qualname(self.cx));
        } else if let Some(native) = value.get::<Native>() {
            self.native_name(native);
        } else if let Some(method) = value.get::<BoundMethod>() {
            self.function_name(method.function());
        } else {
            self.text("?");
        }
    }

    fn native_name(&mut self, native: &Native) {
        let names = self.cx.world().native_names.read();
        let name = names.get(native.number() as usize).copied().unwrap_or("?");
        self.out.extend_from_slice(name.as_bytes());
    }

    fn native(&mut self, value: Value<'t>) {
        let Some(native) = value.get::<Native>() else { return };
        let class = self.cx.class_of(value);
        let receiver = native.receiver().filter(|receiver| receiver.get::<Module>().is_none());
        let wrapper = class.is(Builtin::WrapperDescriptor);
        match receiver {
            Some(receiver) => {
                self.text(if wrapper { "<method-wrapper '" } else { "<built-in method " });
                self.native_name(native);
                self.text(if wrapper { "' of " } else { " of " });
                self.text(self.cx.type_name(receiver));
                self.text(" object");
                self.at(receiver);
            }
            None if wrapper => self.of_objects("<slot wrapper '", native),
            None if class.is(Builtin::MethodDescriptor) => self.of_objects("<method '", native),
            None => {
                self.text("<built-in function ");
                self.native_name(native);
                self.text(">");
            }
        }
    }

    fn of_objects(&mut self, start: &str, native: &Native) {
        self.text(start);
        self.native_name(native);
        self.text("' of '");
        self.text(native.owner().and_then(|owner| owner.get::<Type>()).map_or("?", Type::full_name));
        self.text("' objects>");
    }

    fn module(&mut self, value: Value<'t>) {
        let dict = value.get::<Module>().and_then(Module::dict).and_then(|dict| dict.get());
        let entry = |name| dict.and_then(|dict: &crate::value::dict::Dict| dict.get_name(self.cx, name));
        let (name, file) = (entry("__name__"), entry("__file__"));
        let quoted = |value: Option<Value<'_>>| {
            let text = value.and_then(|value| value.get::<Str>()).map_or(&b"?"[..], Str::as_bytes);
            crate::value::text::quote::repr_str(text)
        };
        match file {
            Some(_) => self.format(format_args!("<module {} from {}>", quoted(name), quoted(file))),
            None => self.format(format_args!("<module {} (built-in)>", quoted(name))),
        }
    }

    fn super_object(&mut self, value: Value<'t>) {
        let Some(proxy) = value.get::<Super>() else { return };
        let name = |class: Option<Value<'t>>| class.and_then(|class| class.get::<Type>()).map(Type::name);
        self.text("<super: <class '");
        self.name(name(proxy.class()).unwrap_or(Value::NONE));
        match name(proxy.object_class()) {
            Some(class) => {
                self.text("'>, <");
                self.name(class);
                self.text(" object>>");
            }
            None => self.text("'>, NULL>"),
        }
    }

    fn cell(&mut self, value: Value<'t>) {
        let address = address(self.cx, value);
        self.format(format_args!("<cell at {address:#x}: "));
        match value.get::<Cell>().and_then(Cell::get) {
            Some(content) => {
                self.class_name(content);
                self.text(" object");
                self.at(content);
            }
            None => self.text("empty>"),
        }
    }

    fn code(&mut self, value: Value<'t>) {
        let function = value.get::<Code>().and_then(Code::function).and_then(|code| code.get::<Function>());
        let address = address(self.cx, value);
        if let Some(Ok(Unit { code, .. })) = function.map(|function| function.unit(self.cx)) {
            let (name, file, line) = (&code.name, code.source.name(), code.first_line);
            self.format(format_args!("<code object {name} at {address:#x}, file \"{file}\", line {line}>"));
        }
    }

    fn member(&mut self, value: Value<'t>) {
        let Some(member) = value.get::<Member>() else { return };
        let slot = self.cx.class_of(value).is(Builtin::Member);
        self.text(if slot { "<member '" } else { "<attribute '" });
        self.name(member.name().unwrap_or(Value::NONE));
        self.text("' of '");
        self.text(member.owner().and_then(|owner| owner.get::<Type>()).map_or("?", Type::full_name));
        self.text("' objects>");
    }
}
