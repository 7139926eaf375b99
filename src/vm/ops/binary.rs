//! Binary and unary operators: native operands, and the special methods of classes written in the language in the order
//! of `binary_op1` in CPython's Objects/abstract.c.

use minipy_compiler::op::{Form, Op};

use crate::heap::{Kind, Value, Word};
use crate::value::algebra::{self, SetOp};
use crate::value::bytes::Bytes;
use crate::value::class::{Special, Type, class_flag};
use crate::value::format::percent::percent;
use crate::value::function::Function;
use crate::value::number::{self, BinaryOp, UnaryOp};
use crate::value::str::Str;
use crate::value::unit::Unit;
use crate::value::{Context, Raised, sequence, str};

use crate::vm::call::Arguments;
use crate::vm::fast::str_at;
use crate::vm::frame::{Cont, Role, Stage};
use crate::vm::thread::{Flow, Thread};

/// A binary operator of two native operands; `None` where they have none.
///
/// # Errors
/// What the operator raises; `needs_code`.
pub(crate) fn native_binary<'t>(
    cx: &'t Context,
    op: BinaryOp,
    a: Value<'t>,
    b: Value<'t>,
) -> Result<Option<Value<'t>>, Raised> {
    if let Some(result) = number::binary(cx, op, a, b)? {
        return Ok(Some(result));
    }
    match op {
        BinaryOp::Add => sequence::concat(cx, a, b),
        BinaryOp::Mul => match sequence::repeat(cx, a, b)? {
            None => sequence::repeat(cx, b, a),
            repeated => Ok(repeated),
        },
        BinaryOp::Mod if a.get::<Str>().is_some() || a.get::<Bytes>().is_some() => {
            percent(cx, a, b, None).map(Some)
        }
        BinaryOp::BitOr if makes_union(a, b) => Err(cx.needs_code()),
        _ => set_op(op).map_or(Ok(None), |op| algebra::binary(cx, op, a, b)),
    }
}

/// Whether two operands of `|` are a class and a class or None.
fn makes_union(a: Value<'_>, b: Value<'_>) -> bool {
    let is_class = |value: Value<'_>| value.kind() == Some(Kind::Type);
    (is_class(a) || is_class(b)) && [a, b].into_iter().all(|part| part.is_none() || is_class(part))
}

/// An augmented assignment that changes its left operand; `None` where there is none.
fn native_in_place<'t>(
    cx: &'t Context,
    op: BinaryOp,
    a: Value<'t>,
    b: Value<'t>,
) -> Result<Option<Value<'t>>, Raised> {
    match op {
        BinaryOp::Add => sequence::extend(cx, a, b),
        BinaryOp::Mul => sequence::repeat_in_place(cx, a, b),
        _ => set_op(op).map_or(Ok(None), |op| algebra::in_place(cx, op, a, b)),
    }
}

fn set_op(op: BinaryOp) -> Option<SetOp> {
    match op {
        BinaryOp::BitOr => Some(SetOp::Or),
        BinaryOp::BitAnd => Some(SetOp::And),
        BinaryOp::BitXor => Some(SetOp::Xor),
        BinaryOp::Sub => Some(SetOp::Sub),
        _ => None,
    }
}

/// Operator, form and operands (as words) of a binary op.
fn decode(thread: &Thread) -> Option<(BinaryOp, Form, Word, Word)> {
    let frame = thread.frame();
    let at = |reg: minipy_compiler::op::Reg| thread.get(frame.base as usize + reg.0 as usize);
    let (op, form, left, right) = match frame.op() {
        Op::Add { form, left, right, .. } => (BinaryOp::Add, form, left, right),
        Op::Sub { form, left, right, .. } => (BinaryOp::Sub, form, left, right),
        Op::Mul { form, left, right, .. } => (BinaryOp::Mul, form, left, right),
        Op::MatMul { form, left, right, .. } => (BinaryOp::MatMul, form, left, right),
        Op::Div { form, left, right, .. } => (BinaryOp::Div, form, left, right),
        Op::FloorDiv { form, left, right, .. } => (BinaryOp::FloorDiv, form, left, right),
        Op::Mod { form, left, right, .. } => (BinaryOp::Mod, form, left, right),
        Op::Pow { form, left, right, .. } => (BinaryOp::Pow, form, left, right),
        Op::LShift { form, left, right, .. } => (BinaryOp::LShift, form, left, right),
        Op::RShift { form, left, right, .. } => (BinaryOp::RShift, form, left, right),
        Op::BitAnd { form, left, right, .. } => (BinaryOp::BitAnd, form, left, right),
        Op::BitOr { form, left, right, .. } => (BinaryOp::BitOr, form, left, right),
        Op::BitXor { form, left, right, .. } => (BinaryOp::BitXor, form, left, right),
        Op::AddInt { form, left, imm, .. } => {
            return Some((BinaryOp::Add, form, at(left), Word::small(imm.0.into())));
        }
        Op::SubInt { form, left, imm, .. } => {
            return Some((BinaryOp::Sub, form, at(left), Word::small(imm.0.into())));
        }
        _ => return None,
    };
    Some((op, form, at(left), at(right)))
}

/// Classes whose operators are not native code: they may define any special method.
const CUSTOM: u32 = class_flag::CUSTOM_NUMBER | class_flag::CUSTOM_ITEM;

impl Thread {
    /// The binary op at the program counter, from the candidate `from` on.
    pub(crate) fn binary_op(&mut self, from: u8) -> Flow {
        let Some((op, form, a, b)) = decode(self) else { return Flow::Raised };
        if from == 0
            && let Some(class) = self.class_of_both(a, b)
            && let [plain, _, in_place] = Special::of_operator(op)
            && (form == Form::Plain || class.noted(in_place).is_some_and(|noted| noted.is(Value::ABSENT)))
            && let Some((method, unit)) = noted_function(class, plain)
        {
            return self.push_method(method, unit, [a, b], Cont::Op(Stage::Candidate(1)));
        }
        self.binary(op, form, a, b, from)
    }

    #[inline(never)]
    fn binary(&mut self, op: BinaryOp, form: Form, a: Word, b: Word, from: u8) -> Flow {
        let cx = self.cx();
        let (left, right) = (self.live(a), self.live(b));
        // A string and an integer are never what a subclass makes of them.
        if let (Some(left), Some(right)) = (str_at(a), str_at(b))
            && op == BinaryOp::Add
        {
            return Flow::of(str::concat(cx, left, right));
        }
        if let Some(result) = number::integers(cx, op, left, right) {
            return match result {
                Ok(Some(value)) => Flow::Done(value.word()),
                Ok(None) => self.no_operator(op, form, a, b),
                Err(Raised) => Flow::Raised,
            };
        }
        let custom = cx.class_of(left).has(CUSTOM) || cx.class_of(right).has(CUSTOM);
        if !custom {
            let in_place = form == Form::InPlace && left.kind().is_some();
            let result = match in_place.then(|| native_in_place(cx, op, left, right)) {
                Some(Ok(None)) | None => native_binary(cx, op, left, right),
                Some(result) => result,
            };
            return match result {
                Ok(Some(value)) => Flow::Done(value.word()),
                Ok(None) => self.no_operator(op, form, a, b),
                Err(Raised) => self.binary_twin(op, form, a, b),
            };
        }
        self.binary_candidates(op, form, a, b, from, Cont::Op)
    }

    fn binary_twin(&mut self, op: BinaryOp, form: Form, a: Word, b: Word) -> Flow {
        if !self.cx().take_needs_code() {
            return Flow::Raised;
        }
        let [plain, in_place] = op.twins();
        let twin = if form == Form::InPlace { in_place } else { plain };
        self.call_prelude(twin, &[a, b], Cont::Op(Stage::Twin))
    }

    /// Candidates: 0 the in-place method, 1 and 2 the method of the left and the reflected one of the right operand (the
    /// other way round if the right one's class is a subclass that has its own).
    fn binary_candidates(
        &mut self,
        op: BinaryOp,
        form: Form,
        a: Word,
        b: Word,
        from: u8,
        cont: fn(Stage) -> Cont,
    ) -> Flow {
        for candidate in from..3 {
            let cx = self.cx();
            let (left, right) = (self.live(a), self.live(b));
            let swapped = candidate > 0 && right_comes_first(cx, op, left, right);
            let [plain, reflected, in_place] = Special::of_operator(op);
            let (special, receiver, other) = match (candidate, swapped) {
                (0, _) if form == Form::InPlace => (in_place, a, b),
                (0, _) => continue,
                (1, false) | (2, true) => (plain, a, b),
                _ if cx.class_of(left).root_shape() == cx.class_of(right).root_shape() => continue,
                _ => (reflected, b, a),
            };
            let Some(method) = cx.class_of(self.live(receiver)).special(cx, special).map(Value::word) else {
                continue;
            };
            match self.call_special(method, receiver, &[other], cont(Stage::Candidate(candidate))) {
                Flow::Done(word) if word == Value::NOT_IMPLEMENTED.word() => {}
                flow => return flow,
            }
        }
        self.no_operator(op, form, a, b)
    }

    /// Calls a special method that takes two operands just as they stand.
    #[inline(always)]
    pub(super) fn push_method(
        &mut self,
        method: Word,
        unit: &Unit,
        [receiver, other]: [Word; 2],
        cont: Cont,
    ) -> Flow {
        let frame = self.frame();
        // The scratch registers above the running frame have room for them.
        let base = frame.base as usize + frame.unit().register_count();
        self.set(base, receiver);
        self.set(base + 1, other);
        self.push_frame(method, unit, base, cont, Role::Plain)
    }

    /// The class of two instances that have one shape: only their class says then what an operator does.
    #[inline(always)]
    pub(super) fn class_of_both(&self, a: Word, b: Word) -> Option<&Type> {
        if !a.is_pointer() || !b.is_pointer() {
            return None;
        }
        // SAFETY: a pointer word in a register points to a live object.
        let (left, right) = unsafe { (&*a.address(), &*b.address()) };
        let shape = left.shape();
        let alike = left.kind() == Kind::Instance && right.shape() == shape;
        alike.then(|| self.cx().world().shapes.get(shape).class())
    }

    /// Calls a special method that is a function of the language.
    #[inline(always)]
    pub(super) fn call_special_function(
        &mut self,
        function: Word,
        receiver: Word,
        args: &[Word],
        cont: Cont,
    ) -> Flow {
        // The scratch registers above the running frame have room for the few arguments of a special method.
        let base = self.top();
        self.set(base, receiver);
        for (place, arg) in args.iter().enumerate() {
            self.set(base + 1 + place, *arg);
        }
        self.call_function(function, Arguments::positional(base, 1 + args.len()), cont)
    }

    /// Calls a special method found on the class of the receiver.
    pub(crate) fn call_special(&mut self, method: Word, receiver: Word, args: &[Word], cont: Cont) -> Flow {
        match self.live(method).kind() {
            Some(Kind::Function) => self.call_special_function(method, receiver, args, cont),
            Some(Kind::Native) => match *args {
                [] => self.call_with(method, &[receiver], cont),
                [a] => self.call_with(method, &[receiver, a], cont),
                [a, b] => self.call_with(method, &[receiver, a, b], cont),
                _ => {
                    let mut all = vec![receiver];
                    all.extend_from_slice(args);
                    self.call_with(method, &all, cont)
                }
            },
            _ => {
                let cx = self.cx();
                let value = self.live(receiver);
                match super::attr::bind(cx, self.live(method), value, cx.class_of(value)) {
                    Ok(super::attr::Found::Value(bound)) => {
                        let bound = bound.word();
                        self.call_with(bound, args, cont)
                    }
                    Ok(super::attr::Found::Method(function, receiver)) => {
                        let mut all = vec![receiver.word()];
                        all.extend_from_slice(args);
                        let function = function.word();
                        self.call_with(function, &all, cont)
                    }
                    Ok(super::attr::Found::Descriptor(get, get_args)) => {
                        let (get, get_args) = (get.word(), get_args.map(Value::word));
                        match self.call_sync(get, &get_args) {
                            Ok(bound) => self.call_with(bound, args, cont),
                            Err(Raised) => Flow::Raised,
                        }
                    }
                    Ok(super::attr::Found::Getter(..) | super::attr::Found::Missing) => {
                        cx.type_error("special method cannot be called");
                        Flow::Raised
                    }
                    Err(Raised) => Flow::Raised,
                }
            }
        }
    }

    #[cold]
    fn no_operator(&self, op: BinaryOp, form: Form, a: Word, b: Word) -> Flow {
        let cx = self.cx();
        let (left, right) = (self.live(a), self.live(b));
        if sequence::operand_error(cx, op.symbol(), left, right).is_some() {
            return Flow::Raised;
        }
        let (symbol, equals) = (op.symbol(), if form == Form::InPlace { "=" } else { "" });
        let shown = match (op, form) {
            (BinaryOp::Pow, Form::Plain) => "** or pow()".to_owned(),
            (BinaryOp::DivMod, _) => "divmod()".to_owned(),
            _ => format!("{symbol}{equals}"),
        };
        cx.type_error(format_args!(
            "unsupported operand type(s) for {shown}: '{}' and '{}'",
            cx.type_name(left),
            cx.type_name(right)
        ));
        Flow::Raised
    }

    /// The unary op at the program counter.
    pub(crate) fn unary_op(&mut self) -> Flow {
        let frame = self.frame();
        let (op, src) = match frame.op() {
            Op::Neg { src, .. } => (UnaryOp::Neg, src),
            Op::Pos { src, .. } => (UnaryOp::Pos, src),
            Op::Invert { src, .. } => (UnaryOp::Invert, src),
            _ => return Flow::Raised,
        };
        let operand = self.get(frame.base as usize + src.0 as usize);
        let cx = self.cx();
        let value = self.live(operand);
        if !cx.class_of(value).has(class_flag::CUSTOM_NUMBER) {
            match number::unary(cx, op, value) {
                Ok(Some(result)) => return Flow::Done(result.word()),
                Ok(None) => {}
                Err(Raised) => return Flow::Raised,
            }
        }
        let (special, symbol) = match op {
            UnaryOp::Neg => ("__neg__", "-"),
            UnaryOp::Pos => ("__pos__", "+"),
            _ => ("__invert__", "~"),
        };
        match cx.class_of(value).lookup_str(cx, special).map(Value::word) {
            Some(method) => self.call_special(method, operand, &[], Cont::Op(Stage::Twin)),
            None => {
                cx.type_error(format_args!("bad operand type for unary {symbol}: '{}'", cx.type_name(value)));
                Flow::Raised
            }
        }
    }
}

/// The special method of a class, if the class has noted that it is a function that takes two arguments just as they stand.
#[inline(always)]
pub(super) fn noted_function<'u>(class: &Type, special: Special) -> Option<(Word, &'u Unit)> {
    let method = class.noted(special).filter(|method| method.kind() == Some(Kind::Function))?.word();
    // SAFETY: the kind was checked, and the class keeps its method while nothing else runs.
    let function: &'u Function = unsafe { &*method.address().cast::<Function>().cast_const() };
    Some((method, function.plain_unit(2)?))
}

/// Whether the right operand is asked first: its class is a subclass of the left one's and defines the reflected method,
/// or the left one is a sequence, whose concatenation and repetition CPython tries after all methods of numbers.
fn right_comes_first(cx: &Context, op: BinaryOp, left: Value<'_>, right: Value<'_>) -> bool {
    let sequence = matches!(left.kind(), Some(Kind::Str | Kind::Bytes | Kind::Tuple | Kind::List));
    if sequence && matches!(op, BinaryOp::Add | BinaryOp::Mul) && !cx.class_of(right).has(class_flag::BUILTIN)
    {
        return true;
    }
    let (left, right) = (cx.class_of(left), cx.class_of(right));
    if std::ptr::eq(left, right) || !right.is_subclass(left) {
        return false;
    }
    let [_, reflected, _] = Special::of_operator(op);
    match (right.special(cx, reflected), left.special(cx, reflected)) {
        (Some(right), Some(left)) => !right.is(left),
        (Some(_), None) => true,
        _ => false,
    }
}
