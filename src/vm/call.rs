//! Calling: every kind of callable, from arguments that stand in consecutive registers.

use minipy_compiler::op::{Op, Reg};
use smallvec::SmallVec;

use crate::heap::{Kind, Value, Word};
use crate::value::class::{Special, Type, class_flag};
use crate::value::dict::Dict;
use crate::value::exception::Exception;
use crate::value::function::{BoundMethod, Function, Native};
use crate::value::generator::Generator;
use crate::value::instance::Instance;
use crate::value::recursion::CALLABLES;
use crate::value::tuple::Tuple;
use crate::value::unit::Unit;
use crate::value::{Builtin, Raised, shape_of};

use super::bind;
use super::frame::{Cont, Frame, Role};
use super::machine::{Entrance, prelude_function};
use super::native::{Args, Run};
use super::ops::attr::{Found, bind};
use super::thread::{Call, Flow, REGISTERS, SCRATCH, Thread};

/// The arguments of a call: `count` registers from `base`, the last of them by the names of the tuple `names`.
#[derive(Clone, Copy, Debug)]
pub struct Arguments {
    pub(crate) base: usize,
    pub(crate) count: usize,
    /// A tuple of str, or nothing.
    pub(crate) names: Word,
}

impl Arguments {
    /// Arguments by position.
    pub(crate) fn positional(base: usize, count: usize) -> Arguments {
        Arguments { base, count, names: Word::NONE_AT_ALL }
    }

    fn with_receiver(self) -> Arguments {
        Arguments { count: self.count + 1, ..self }
    }
}

impl Thread {
    /// Calls `callee`. The result of a frame that is pushed goes where `cont` says.
    pub(crate) fn call(&mut self, callee: Word, args: Arguments, cont: Cont) -> Flow {
        let given = args.count;
        let (mut callee, mut args) = (callee, args);
        for _ in 0..CALLABLES.limit {
            let value = self.live(callee);
            let (behind, receiver) = match value.kind() {
                Some(Kind::Function) => return self.call_function(callee, args, cont),
                Some(Kind::Native) => {
                    let flow = self.call_native(callee, args, cont);
                    return self.take_back_receivers(flow, args, args.count - given);
                }
                Some(Kind::Type) if !self.cx().class_of(value).has(class_flag::CUSTOM_CALL) => {
                    return self.call_class(callee, args, cont);
                }
                Some(Kind::BoundMethod) => {
                    let Some(method) = value.get::<BoundMethod>() else { return Flow::Raised };
                    (method.function().word(), Some(method.receiver().word()))
                }
                _ => match self.call_method(callee, args) {
                    Ok(found) => found,
                    Err(Raised) => return Flow::Raised,
                },
            };
            if let Some(receiver) = receiver {
                self.push_receiver(args, receiver);
                args = args.with_receiver();
            }
            callee = behind;
        }
        self.cx().too_deep(&CALLABLES);
        Flow::Raised
    }

    /// Calls `callee` with these arguments, which are copied above the running frame's window.
    pub(crate) fn call_with(&mut self, callee: Word, args: &[Word], cont: Cont) -> Flow {
        let base = self.top();
        if base + args.len() + SCRATCH >= REGISTERS {
            return self.too_deep();
        }
        for (place, arg) in args.iter().enumerate() {
            self.set(base + place, *arg);
        }
        let args = Arguments::positional(base, args.len());
        if self.live(callee).kind() == Some(Kind::Function) {
            return self.call_function(callee, args, cont);
        }
        self.call(callee, args, cont)
    }

    /// Calls a function of the prelude.
    pub(crate) fn call_prelude(&mut self, name: &'static str, args: &[Word], cont: Cont) -> Flow {
        match self.prelude_function(name) {
            Some(function) => self.call_with(function, args, cont),
            None => self.no_twin(name),
        }
    }

    /// A function of the prelude.
    pub(crate) fn prelude_function(&self, name: &'static str) -> Option<Word> {
        prelude_function(self.vm(), self.cx(), name).map(|function| Value::object(function).word())
    }

    #[cold]
    fn no_twin(&self, name: &str) -> Flow {
        self.cx().raise(
            Builtin::SystemError,
            format_args!("minipy cannot do this with such objects yet ({name})"),
        );
        Flow::Raised
    }

    /// Makes room for the receiver in front of the arguments.
    #[inline]
    fn push_receiver(&mut self, args: Arguments, receiver: Word) {
        for place in (args.base..args.base + args.count).rev() {
            let word = self.get(place);
            self.set(place + 1, word);
        }
        self.set(args.base, receiver);
    }

    /// If the thread is to wait: undoes what [`push_receiver`](Self::push_receiver) has done so many times, since the op is
    /// executed again then.
    #[inline]
    fn take_back_receivers(&mut self, flow: Flow, args: Arguments, receivers: usize) -> Flow {
        if flow == Flow::Park {
            for place in args.base..args.base + args.count - receivers {
                let word = self.get(place + receivers);
                self.set(place, word);
            }
        }
        flow
    }

    /// What calling an object calls: its `__call__`, and the receiver unless that is bound or takes none.
    fn call_method(&mut self, callee: Word, args: Arguments) -> Result<(Word, Option<Word>), Raised> {
        let cx = self.cx();
        let value = self.live(callee);
        let class = cx.class_of(value);
        let Some(method) = class.special(cx, Special::CALL) else { return Err(self.not_callable(callee)) };
        let (get, get_args) = match bind(cx, method, value, class)? {
            Found::Value(method) => return Ok((method.word(), None)),
            Found::Method(function, receiver) => return Ok((function.word(), Some(receiver.word()))),
            Found::Missing => return Err(self.not_callable(callee)),
            Found::Getter(function, receiver) => (function.word(), vec![receiver.word()]),
            Found::Descriptor(get, args) => (get.word(), args.map(Value::word).to_vec()),
        };
        // The arguments may stand where the descriptor's go, and nobody else keeps them.
        let saved: Vec<Word> = (args.base..args.base + args.count).map(|place| self.get(place)).collect();
        let bottom = self.roots.len();
        self.roots.extend(saved.iter().chain([&callee, &args.names]));
        let bound = self.call_sync(get, &get_args);
        self.roots.truncate(bottom);
        saved.iter().enumerate().for_each(|(index, word)| self.set(args.base + index, *word));
        bound.map(|bound| (bound, None))
    }

    #[cold]
    fn not_callable(&self, callee: Word) -> Raised {
        let cx = self.cx();
        cx.type_error(format_args!("'{}' object is not callable", cx.type_name(self.live(callee))))
    }

    /// Calls a function of the language.
    #[inline(always)]
    pub(crate) fn call_function(&mut self, callee: Word, args: Arguments, cont: Cont) -> Flow {
        // SAFETY: the caller has matched the kind, and the callee is rooted by whoever holds it.
        let function = unsafe { &*callee.address().cast::<Function>().cast_const() };
        if args.names.is_nothing()
            && let Some(unit) = function.plain_unit(args.count)
        {
            return self.push_frame(callee, unit, args.base, cont, Role::Plain);
        }
        self.call_bound(callee, function, args, cont)
    }

    /// Calls a function of the language whose arguments are to be bound first, or that is a generator.
    #[inline(never)]
    fn call_bound(&mut self, callee: Word, function: &Function, args: Arguments, cont: Cont) -> Flow {
        let Ok(unit) = function.unit(self.cx()) else { return Flow::Raised };
        if args.base + args.count + unit.register_count() + SCRATCH >= REGISTERS {
            return self.too_deep();
        }
        if bind::bind(self, function, unit, args).is_err() {
            return Flow::Raised;
        }
        if unit.code.is_generator {
            let params = self.places(args.base, unit.param_count());
            return Flow::of(Generator::new(self.cx(), function, params).map(Value::object));
        }
        self.push_frame(callee, unit, args.base, cont, Role::Plain)
    }

    /// Pushes a frame of a function and its unit, whose parameters stand at `base`.
    #[inline]
    pub(crate) fn push_frame(
        &mut self,
        function: Word,
        unit: &Unit,
        base: usize,
        cont: Cont,
        role: Role,
    ) -> Flow {
        if !self.has_room(base, unit.register_count()) {
            return self.too_deep();
        }
        self.unbind(base + unit.param_count(), unit.unbound_count());
        self.frames.push(Frame {
            ip: unit.ops(),
            unit,
            function,
            companion: Word::NONE_AT_ALL,
            handled: Word::NONE_AT_ALL,
            base: base as u32,
            cont,
            role,
        });
        Flow::Pushed
    }

    /// Calls what is no plain function of the language, with arguments by position.
    #[inline(always)]
    pub(crate) fn call_kind(
        &mut self,
        kind: Option<Kind>,
        callee: Word,
        args: Arguments,
        cont: Cont,
    ) -> Flow {
        match kind {
            Some(Kind::Native) => self.call_unbound(callee, args, cont),
            Some(Kind::Type) => self.call_type(callee, args, cont),
            _ => self.call(callee, args, cont),
        }
    }

    /// Calls a native function with arguments by position. One that is bound to nothing and that the arguments fit is run at
    /// once.
    fn call_unbound(&mut self, callee: Word, args: Arguments, cont: Cont) -> Flow {
        // SAFETY: the caller has matched the kind, and the callee is rooted by whoever holds it.
        let native = unsafe { &*callee.address().cast::<Native>().cast_const() };
        let number = native.number();
        let entrance = self.vm().native(number).entrance();
        // A method that the count fits has a first argument.
        if native.receiver().is_none()
            && entrance.takes(args.count)
            && (entrance.receiver == 0 || self.shape_at(args.base) == entrance.receiver)
        {
            return self.enter(number, entrance, args, cont);
        }
        self.call_native(callee, args, cont)
    }

    /// The shape of what a register holds.
    #[inline(always)]
    fn shape_at(&self, place: usize) -> u32 {
        let word = self.get(place);
        if word.is_pointer() {
            // SAFETY: a pointer word in a register points to a live object.
            return unsafe { (*word.address()).shape() };
        }
        shape_of(self.live(word))
    }

    /// Runs a native function that the arguments fit.
    #[inline(always)]
    fn enter(&mut self, number: u32, entrance: Entrance, args: Arguments, cont: Cont) -> Flow {
        let places = entrance.places as usize;
        self.unbind(args.base + args.count, places.saturating_sub(args.count));
        match entrance.run {
            Run::Leaf(leaf) => match leaf(self.cx(), Args::new(self.places(args.base, places))) {
                Ok(value) => Flow::Done(value.word()),
                Err(Raised) => self.run_twin(number, args, cont),
            },
            Run::Threaded(run) => run(self, &Call { base: args.base, count: places, cont }),
            Run::Raw(run) => run(self, args, cont),
        }
    }

    fn call_native(&mut self, callee: Word, args: Arguments, cont: Cont) -> Flow {
        // SAFETY: the caller has matched the kind, and the callee is rooted by whoever holds it.
        let native = unsafe { &*callee.address().cast::<Native>() };
        match native.receiver().map(Value::word) {
            Some(receiver) => {
                self.push_receiver(args, receiver);
                let args = args.with_receiver();
                let flow = self.run_native(native.number(), args, cont);
                self.take_back_receivers(flow, args, 1)
            }
            None => {
                if !native.is_method() || self.applies_to(native, args) {
                    return self.run_native(native.number(), args, cont);
                }
                Flow::Raised
            }
        }
    }

    /// Whether a method of a built-in class can be called with this first argument; raises `TypeError` if not.
    #[inline]
    fn applies_to(&self, native: &Native, args: Arguments) -> bool {
        let Some(owner) = native.owner().and_then(|owner| owner.get::<Type>()) else { return true };
        let Some(receiver) = self.value(args.base).filter(|_| args.count > 0) else { return true };
        let cx = self.cx();
        let class = cx.class_of(receiver);
        if std::ptr::eq(class, owner) || class.is_subclass(owner) {
            return true;
        }
        let name = self.vm().native(native.number()).row.name;
        cx.type_error(format_args!(
            "descriptor '{name}' for '{}' objects doesn't apply to a '{}' object",
            owner.full_name(),
            cx.type_name(receiver)
        ));
        false
    }

    /// Runs the native function with this number.
    #[inline]
    pub(crate) fn run_native(&mut self, number: u32, args: Arguments, cont: Cont) -> Flow {
        let entrance = self.vm().native(number).entrance();
        if let Run::Raw(run) = entrance.run {
            return run(self, args, cont);
        }
        if !args.names.is_nothing() || !entrance.takes(args.count) {
            return self.run_bound(number, args, cont);
        }
        self.enter(number, entrance, args, cont)
    }

    /// What a native function has left to the function of the prelude that does the same.
    #[cold]
    fn run_twin(&mut self, number: u32, args: Arguments, cont: Cont) -> Flow {
        if !self.cx().take_needs_code() {
            return Flow::Raised;
        }
        let twin = self.vm().native(number).row.twin;
        match twin.and_then(|twin| self.prelude_function(twin)) {
            Some(function) => self.call_function(function, args, cont),
            None => self.no_twin(twin.unwrap_or("no name")),
        }
    }

    /// Binds keywords and collects `*args`, then runs.
    fn run_bound(&mut self, number: u32, args: Arguments, cont: Cont) -> Flow {
        let vm: *const super::Vm = &raw const **self.vm();
        // SAFETY: the thread holds its machine, whose table of natives never changes.
        let entry = unsafe { (*vm).native(number) };
        let outcome = {
            let cx = self.cx();
            let names = self.live(args.names).get::<Tuple>().map_or(&[][..], Tuple::items);
            let values = self.values(args.base, args.count);
            let (positional, by_name) = values.split_at(args.count - names.len());
            let keywords: SmallVec<[_; 4]> = names.iter().copied().zip(by_name.iter().copied()).collect();
            let Ok(bound) = entry.signature().bind(cx, positional, &keywords) else { return Flow::Raised };
            match entry.row.run {
                Run::Leaf(leaf) => Ok(leaf(cx, Args::new(&bound)).map(Value::word)),
                Run::Threaded(run) => {
                    let words = bound.iter().map(|place| place.map_or(Word::NONE_AT_ALL, Value::word));
                    Err((run, words.collect::<SmallVec<[Word; 6]>>()))
                }
                Run::Raw(_) => unreachable!("it takes its arguments unbound"),
            }
        };
        match outcome {
            Ok(Ok(word)) => Flow::Done(word),
            Ok(Err(Raised)) => self.run_twin(number, args, cont),
            Err((run, words)) => {
                let base = (args.base + args.count).max(self.top());
                if base + words.len() + SCRATCH >= REGISTERS {
                    return self.too_deep();
                }
                for (place, word) in words.iter().enumerate() {
                    self.set(base + place, *word);
                }
                run(self, &Call { base, count: words.len(), cont })
            }
        }
    }

    /// Calls a class with arguments by position. A built-in one whose constructor they fit makes its instance at once.
    fn call_type(&mut self, callee: Word, args: Arguments, cont: Cont) -> Flow {
        // SAFETY: the caller has matched the kind, and the callee is rooted by whoever holds it.
        let class = unsafe { &*callee.address().cast::<Type>().cast_const() };
        if class.has(class_flag::BUILTIN)
            && let Some(number) = self.vm().constructor(class.layout())
        {
            let entrance = self.vm().native(number).entrance();
            if entrance.takes(args.count) {
                return self.enter(number, entrance, args, cont);
            }
        }
        if class.is_plain() && !self.cx().class_of(Value::object(class)).has(class_flag::CUSTOM_CALL) {
            return self.call_initialised(class, callee, args, cont);
        }
        self.call(callee, args, cont)
    }

    /// Makes an instance of a class that has an `__init__` and nothing else that a call of it would have to ask for.
    fn call_initialised(&mut self, class: &Type, callee: Word, args: Arguments, cont: Cont) -> Flow {
        let cx = self.cx();
        let init = class.special(cx, Special::INIT).filter(|init| init.kind() == Some(Kind::Function));
        let Some(init) = init.map(Value::word) else { return self.call(callee, args, cont) };
        // SAFETY: the kind was checked, and the class keeps its method while nothing else runs.
        let function = unsafe { &*init.address().cast::<Function>().cast_const() };
        let Some(unit) = function.plain_unit(args.count + 1) else { return self.call(callee, args, cont) };
        let instance = match Instance::new(cx, class, None) {
            Ok(instance) => Value::object(instance).word(),
            Err(Raised) => return Flow::Raised,
        };
        self.push_receiver(args, instance);
        let flow = self.push_frame(init, unit, args.base, cont, Role::Init);
        if flow == Flow::Pushed {
            self.frame_mut().companion = instance;
        }
        flow
    }

    /// Calls a class: makes an instance.
    fn call_class(&mut self, callee: Word, args: Arguments, cont: Cont) -> Flow {
        // SAFETY: the caller has matched the kind, and the callee is rooted by whoever holds it.
        let class = unsafe { &*callee.address().cast::<Type>() };
        if class.has(class_flag::BUILTIN) {
            return self.call_builtin_class(class, callee, args, cont);
        }
        if class.has(class_flag::CUSTOM_NEW) {
            return self.call_general_class(callee, args, cont);
        }
        match class.layout() {
            Builtin::Object => self.call_plain_class(class, callee, args, cont),
            layout if layout.is_exception() => self.call_exception_class(class, args, cont),
            _ => self.call_general_class(callee, args, cont),
        }
    }

    fn call_general_class(&mut self, callee: Word, args: Arguments, cont: Cont) -> Flow {
        match self.prelude_function("make_instance") {
            Some(function) => {
                self.push_receiver(args, callee);
                self.call_function(function, args.with_receiver(), cont)
            }
            None => self.no_twin("make_instance"),
        }
    }

    fn call_builtin_class(&mut self, class: &Type, callee: Word, args: Arguments, cont: Cont) -> Flow {
        let layout = class.layout();
        if let Some(number) = self.vm().constructor(layout) {
            return self.run_native(number, args, cont);
        }
        if layout.is_exception() {
            return self.call_exception_class(class, args, cont);
        }
        if layout == Builtin::Object {
            return self.call_plain_class(class, callee, args, cont);
        }
        self.cx().type_error(format_args!("cannot create '{}' instances", class.name_str()));
        Flow::Raised
    }

    fn call_plain_class(&mut self, class: &Type, callee: Word, args: Arguments, cont: Cont) -> Flow {
        if class.has(class_flag::ABSTRACT) {
            // `object.__new__` says which methods are missing.
            return self.call_general_class(callee, args, cont);
        }
        let cx = self.cx();
        let instance = match Instance::new(cx, class, None) {
            Ok(instance) => Value::object(instance).word(),
            Err(Raised) => return Flow::Raised,
        };
        if class.has(class_flag::CUSTOM_INIT) {
            return self.call_init(callee, instance, args, cont);
        }
        if args.count > 0 {
            cx.type_error(format_args!("{}() takes no arguments", class.name_str()));
            return Flow::Raised;
        }
        Flow::Done(instance)
    }

    fn call_exception_class(&mut self, class: &Type, args: Arguments, cont: Cont) -> Flow {
        let cx = self.cx();
        let keywords = self.live(args.names).get::<Tuple>().map_or(0, Tuple::len);
        let positional = self.values(args.base, args.count - keywords);
        let exception = match Exception::new(cx, class.root_shape(), positional) {
            Ok(exception) => exception,
            Err(Raised) => return Flow::Raised,
        };
        let word = Value::object(exception).word();
        if class.has(class_flag::CUSTOM_INIT) {
            return self.call_init(Value::object(class).word(), word, args, cont);
        }
        let names = self.live(args.names).get::<Tuple>().map_or(&[][..], Tuple::items);
        let keywords =
            names.iter().copied().zip(self.values(args.base + args.count - names.len(), names.len()));
        let keywords: Vec<_> = keywords.map(|(name, value)| (name, *value)).collect();
        match (self.vm().well_known.library.initialise_exception)(cx, exception, &keywords) {
            Ok(()) => Flow::Done(word),
            Err(Raised) => Flow::Raised,
        }
    }

    /// Calls the `__init__` of a new instance, which then takes the place of the result.
    fn call_init(&mut self, class: Word, instance: Word, args: Arguments, cont: Cont) -> Flow {
        let cx = self.cx();
        let init = self.live(class).get::<Type>().and_then(|class| class.special(cx, Special::INIT));
        let Some(init) = init else { return Flow::Done(instance) };
        let is_function = init.kind() == Some(Kind::Function);
        let init = init.word();
        if !is_function {
            return self.call_general_class(class, args, cont);
        }
        let before = self.frames.len();
        self.push_receiver(args, instance);
        match self.call_function(init, args.with_receiver(), cont) {
            Flow::Pushed if self.frames.len() > before => {
                let frame = self.frame_mut();
                frame.role = Role::Init;
                frame.companion = instance;
                Flow::Pushed
            }
            Flow::Done(_) => {
                self.cx().type_error("__init__() should return None, not 'generator'");
                Flow::Raised
            }
            flow => flow,
        }
    }

    /// The call with keywords or stars at the program counter.
    pub(crate) fn call_op(&mut self, dst: Reg) -> Flow {
        let frame = self.frame();
        let unit = frame.unit;
        // SAFETY: units live as long as the machine.
        let unit = unsafe { &*unit };
        let (window, cont) = (frame.base as usize, Cont::Store(dst.0));
        match frame.op() {
            Op::CallKw { base, argc, names } => {
                let place = window + base.0 as usize;
                let names = unit.kwnames(names.0);
                let args = Arguments { base: place + 1, count: argc.0 as usize, names };
                self.call_by_name(self.get(place), args, cont)
            }
            Op::CallMethodKw { base, argc, names } => {
                let place = window + base.0 as usize;
                let (function, names) = (self.get(place), unit.kwnames(names.0));
                let count = argc.0 as usize;
                if function.is_nothing() {
                    let args = Arguments { base: place + 2, count, names };
                    return self.call_by_name(self.get(place + 1), args, cont);
                }
                self.call_by_name(function, Arguments { base: place + 1, count: count + 1, names }, cont)
            }
            Op::CallStar { base, .. } => {
                let place = window + base.0 as usize;
                let (callee, args, keywords) = (self.get(place), self.get(place + 1), self.get(place + 2));
                self.call_star(callee, args, keywords, cont)
            }
            Op::CallSuper { base, .. } => {
                let place = window + base.0 as usize;
                let callee = self.get(place);
                let is_super = callee == Value::object(self.cx().class(Builtin::Super)).word();
                let args = Arguments::positional(place + 1, if is_super { 2 } else { 0 });
                self.call_kind(self.live(callee).kind(), callee, args, cont)
            }
            _ => Flow::Raised,
        }
    }

    /// Calls with keywords.
    #[inline(always)]
    fn call_by_name(&mut self, callee: Word, args: Arguments, cont: Cont) -> Flow {
        if self.live(callee).kind() == Some(Kind::Function) {
            // SAFETY: the kind was checked, and the callee stands in a register.
            let function = unsafe { &*callee.address().cast::<Function>().cast_const() };
            return self.call_bound(callee, function, args, cont);
        }
        self.call(callee, args, cont)
    }

    /// Calls with a tuple of arguments and a dict of keywords (`f(*args, **kwargs)`).
    pub(crate) fn call_star(&mut self, callee: Word, args: Word, keywords: Word, cont: Cont) -> Flow {
        let base = self.top();
        let positional = self.live(args).get::<Tuple>().map_or(0, Tuple::len);
        let by_name = self.live(keywords).get::<Dict>().map_or(0, Dict::len);
        if base + positional + 2 * by_name + SCRATCH >= REGISTERS {
            return self.too_deep();
        }
        if let Some(args) = self.live(args).get::<Tuple>() {
            for (place, item) in args.items().iter().enumerate() {
                // SAFETY: the place is inside the stack, as was checked; no reference leads to it.
                unsafe { *self.register(base + place) = item.word() };
            }
        }
        let names = match by_name {
            0 => Ok((Word::NONE_AT_ALL, 0)),
            _ => self.spread(keywords, base + positional, by_name),
        };
        match names {
            Ok((names, by_name)) => {
                self.call(callee, Arguments { base, count: positional + by_name, names }, cont)
            }
            Err(Raised) => Flow::Raised,
        }
    }

    /// Writes the values of a dict of at most `most` keywords to the registers from `place` on; returns a tuple of the
    /// keywords and how many there are.
    fn spread(&self, keywords: Word, place: usize, most: usize) -> Result<(Word, usize), Raised> {
        let mut count = 0;
        for (name, value) in self.live(keywords).get::<Dict>().into_iter().flat_map(Dict::iter).take(most) {
            // SAFETY: the caller has checked that twice `most` registers are inside the stack; no reference leads to them.
            unsafe {
                *self.register(place + count) = value.word();
                *self.register(place + most + count) = name.word();
            }
            count += 1;
        }
        let names = self.cx().tuple(self.values(place + most, count))?;
        Ok((names.word(), count))
    }

    /// Calls `callee` and runs until it returns: only for the few places listed in `nested.rs`.
    ///
    /// # Errors
    /// What the call raises.
    pub(crate) fn call_sync(&mut self, callee: Word, args: &[Word]) -> Result<Word, Raised> {
        self.nest()?;
        let depth = self.frames.len();
        let mut result = self.call_with(callee, args, Cont::Stop);
        while result == Flow::Park {
            if self.serve().is_err() {
                result = Flow::Raised;
                break;
            }
            result = self.call_with(callee, args, Cont::Stop);
        }
        let result = match result {
            Flow::Done(word) => Ok(word),
            Flow::Pushed => self.run(false),
            Flow::Raised if self.frames.len() > depth => self.run(true),
            Flow::Raised | Flow::Park => Err(Raised),
        };
        self.unnest();
        result
    }
}
