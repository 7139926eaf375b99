//! The dispatch loop. An arm is a short fast path; what does not fit it goes to `ops`. The loop decides, helpers compute.
//!
//! Inside the loop, `ip` points at the op being executed and `r` at the frame's first register. The frame's program
//! counter is brought up to date (`save!`) before anything that can leave the fast path.

use minipy_compiler::op::{Op, Reg};

use crate::heap::{Kind, MAX_SMALL, MIN_SMALL, Object, Value, Word};
use crate::value::class::Type;
use crate::value::dict::Dict;
use crate::value::function::{Cell, Function};
use crate::value::instance::Instance;
use crate::value::list::List;
use crate::value::record::{Iter, Module};
use crate::value::slice::Slice;
use crate::value::tuple::Tuple;
use crate::value::unit::{Cached, Unit};
use crate::value::{Builtin, Raised};

use super::call::Arguments;
use super::frame::{Cont, Role, Stage};
use super::ops::attr::cached_in_class;
use super::resume::Next;
use super::thread::{Flow, REGISTERS, SCRATCH, Thread};

/// Runs the topmost frame, and what it calls, until it returns.
///
/// # Errors
/// The exception that leaves it is pending.
#[expect(clippy::cognitive_complexity, reason = "one arm an op")]
pub(super) fn run(th: &mut Thread) -> Result<Word, Raised> {
    let mut ops: *const Op;
    let mut ip: *const Op;
    let mut r: *mut Word;
    let mut unit: &Unit;
    let mut globals: &Dict;

    // SAFETY, for all macros: `ip` is inside the ops of the topmost frame's code, which ends with a return or a jump; the
    // compiler's verifier holds that operands are below the window's size, and pushing the frame checked that the window is
    // inside the stack.
    macro_rules! reload {
        () => {{
            let frame = th.frame();
            // SAFETY: units live as long as the machine, which the thread keeps.
            unit = unsafe { &*frame.unit };
            // SAFETY: the frame keeps its function alive, which keeps its globals alive.
            globals = unsafe { &*std::ptr::from_ref(frame.function().globals()) };
            ops = unit.code.ops.as_ptr();
            // SAFETY: see above.
            ip = unsafe { ops.add(frame.pc as usize) };
            r = th.register(frame.base as usize);
        }};
    }
    macro_rules! get {
        ($reg:expr) => {
            // SAFETY: see above.
            unsafe { *r.add($reg.0 as usize) }
        };
    }
    macro_rules! set {
        ($reg:expr, $word:expr) => {{
            let word = $word;
            // SAFETY: see above.
            unsafe { *r.add($reg.0 as usize) = word }
        }};
    }
    macro_rules! save {
        () => {{
            // SAFETY: both point into the same ops.
            let pc = unsafe { ip.offset_from(ops) } as u32;
            th.frame_mut().pc = pc;
        }};
    }
    macro_rules! next {
        () => {{
            // SAFETY: see above.
            ip = unsafe { ip.add(1) };
            continue;
        }};
    }
    macro_rules! jump {
        ($offset:expr) => {{
            // SAFETY: see above.
            ip = unsafe { ip.offset($offset.0 as isize) };
            continue;
        }};
    }
    macro_rules! after {
        ($next:expr) => {{
            let mut next = $next;
            if next == Next::Raised {
                next = th.unwind();
            }
            if let Next::Stop(word) = next {
                return if word.is_nothing() { Err(Raised) } else { Ok(word) };
            }
            reload!();
            continue;
        }};
    }
    // An op whose result the resumption stores or tests.
    macro_rules! slow {
        ($flow:expr) => {{
            save!();
            let flow = $flow;
            after!(th.settle(flow));
        }};
    }
    // An op whose result goes to a register: at once, if no frame is needed.
    macro_rules! result {
        ($dst:expr, $flow:expr) => {{
            save!();
            match $flow {
                Flow::Done(word) => {
                    set!($dst, word);
                    next!()
                }
                flow => after!(th.settle(flow)),
            }
        }};
    }
    macro_rules! raised {
        () => {{
            save!();
            after!(Next::Raised);
        }};
    }
    macro_rules! loop_checkpoint {
        () => {
            if th.trap().at_loop() {
                save!();
                if th.checkpoint().is_err() {
                    after!(Next::Raised);
                }
            }
        };
    }
    // Before an access to what other threads see.
    macro_rules! shared {
        () => {
            if th.trap().at_shared_access() {
                save!();
                if th.checkpoint().is_err() {
                    after!(Next::Raised);
                }
            }
        };
    }
    macro_rules! arithmetic {
        ($dst:expr, $left:expr, $right:expr, |$a:ident, $b:ident| $small:expr, |$x:ident, $y:ident| $float:expr) => {{
            let (left, right) = (get!($left), get!($right));
            if left.both_small(right) {
                let ($a, $b) = (left, right);
                if let Some(word) = $small {
                    set!($dst, word);
                    next!();
                }
            } else if left.is_float() {
                let $x = left.as_float();
                if right.is_float() {
                    let $y = right.as_float();
                    if let Some(value) = $float {
                        set!($dst, Word::float(value));
                        next!();
                    }
                } else if right.is_small() {
                    let $y = right.as_small() as f64;
                    if let Some(value) = $float {
                        set!($dst, Word::float(value));
                        next!();
                    }
                }
            } else if right.is_float() && left.is_small() {
                let ($x, $y) = (left.as_small() as f64, right.as_float());
                if let Some(value) = $float {
                    set!($dst, Word::float(value));
                    next!();
                }
            }
            result!($dst, th.binary_op(0))
        }};
    }
    macro_rules! add_imm {
        ($dst:expr, $left:expr, $imm:expr) => {{
            let left = get!($left);
            if left.is_small() {
                let sum = left.as_small() + $imm;
                if (MIN_SMALL..=MAX_SMALL).contains(&sum) {
                    set!($dst, Word::small(sum));
                    next!();
                }
            } else if left.is_float() {
                set!($dst, Word::float(left.as_float() + $imm as f64));
                next!();
            }
            result!($dst, th.binary_op(0))
        }};
    }
    macro_rules! compare {
        ($dst:expr, $left:expr, $right:expr, $op:tt) => {{
            let (left, right) = (get!($left), get!($right));
            if left.both_small(right) {
                set!($dst, Word::bool(left.as_small() $op right.as_small()));
                next!();
            }
            if left.is_float() && right.is_float() {
                set!($dst, Word::bool(left.as_float() $op right.as_float()));
                next!();
            }
            result!($dst, th.compare_op(0))
        }};
    }
    macro_rules! branch {
        ($sense:expr, $left:expr, $right:expr, $to:expr, $op:tt) => {{
            let (left, right) = (get!($left), get!($right));
            let truth = if left.both_small(right) {
                left.as_small() $op right.as_small()
            } else if left.is_float() && right.is_float() {
                left.as_float() $op right.as_float()
            } else {
                save!();
                match th.compare_op(0) {
                    Flow::Done(Word::TRUE) => true,
                    Flow::Done(Word::FALSE) => false,
                    flow => after!(th.settle(flow)),
                }
            };
            if truth == $sense.0 {
                jump!($to);
            }
            next!();
        }};
    }
    macro_rules! branch_imm {
        ($sense:expr, $left:expr, $imm:expr, $to:expr, $op:tt) => {{
            let left = get!($left);
            let truth = if left.is_small() {
                left.as_small() $op i64::from($imm.0)
            } else if left.is_float() {
                left.as_float() $op f64::from($imm.0)
            } else {
                save!();
                match th.compare_op(0) {
                    Flow::Done(Word::TRUE) => true,
                    Flow::Done(Word::FALSE) => false,
                    flow => after!(th.settle(flow)),
                }
            };
            if truth == $sense.0 {
                jump!($to);
            }
            next!();
        }};
    }
    // A frame was pushed by a call: its entry is a checkpoint.
    macro_rules! called {
        ($dst:expr, $flow:expr) => {{
            save!();
            match $flow {
                Flow::Done(word) => {
                    set!($dst, word);
                    if th.trap().at_loop() {
                        th.frame_mut().pc += 1;
                        reload!();
                        if th.checkpoint().is_err() {
                            th.frame_mut().pc -= 1;
                            after!(Next::Raised);
                        }
                        continue;
                    }
                    next!();
                }
                Flow::Pushed => {
                    reload!();
                    if th.trap().at_loop() && th.checkpoint().is_err() {
                        after!(Next::Raised);
                    }
                    continue;
                }
                flow => after!(th.settle(flow)),
            }
        }};
    }
    // Calls a function of the language whose parameters the arguments fill just as they stand.
    macro_rules! call {
        ($dst:expr, $callee:expr, $args:expr, $count:expr) => {{
            let callee: Word = $callee;
            let (args, count): (u16, usize) = ($args, $count);
            let base = th.frame().base as usize + args as usize;
            // SAFETY: a pointer word in a register points to a live object.
            if callee.is_pointer() && unsafe { (*callee.address()).kind() } == Kind::Function {
                // SAFETY: the kind was checked.
                let target = unsafe { (*callee.address().cast::<Function>()).unit() };
                let size = target.code.register_count as usize;
                if target.plain_params as usize == count && base + size + SCRATCH < REGISTERS {
                    save!();
                    if th.push_frame(callee, base, Cont::Store($dst.0), Role::Plain, Word::NONE_AT_ALL)
                        == Flow::Raised
                    {
                        after!(Next::Raised);
                    }
                    reload!();
                    if th.trap().at_loop() && th.checkpoint().is_err() {
                        after!(Next::Raised);
                    }
                    continue;
                }
            }
            called!($dst, th.call(callee, Arguments::positional(base, count), Cont::Store($dst.0)))
        }};
    }

    reload!();
    if th.trap().at_loop() && th.checkpoint().is_err() {
        match th.unwind() {
            Next::Stop(_) => return Err(Raised),
            _ => reload!(),
        }
    }
    loop {
        // SAFETY: see above.
        match unsafe { *ip } {
            Op::Move { dst, src } => {
                set!(dst, get!(src));
                next!()
            }
            Op::LoadConst { dst, value } => {
                set!(dst, unit.consts()[value.0 as usize]);
                next!()
            }
            Op::LoadInt { dst, value } => {
                set!(dst, Word::small(value.0.into()));
                next!()
            }
            Op::LoadNone { dst } => {
                set!(dst, Word::NONE);
                next!()
            }
            Op::Unbind { dst } => {
                set!(dst, Word::NONE_AT_ALL);
                next!()
            }
            Op::CheckLocal { src, name } => {
                if get!(src).is_nothing() {
                    slow!(th.unbound_local(name.0))
                }
                next!()
            }

            Op::MakeCell { reg } => {
                let cell =
                    Value::object(Cell::new(th.cx(), th.value(th.frame().base as usize + reg.0 as usize)))
                        .word();
                set!(reg, cell);
                next!()
            }
            Op::LoadCell { dst, cell, name } => {
                shared!();
                match cell_at(get!(cell)).get() {
                    Some(value) => set!(dst, value.word()),
                    None => slow!(th.unbound_local(name.0)),
                }
                next!()
            }
            Op::StoreCell { cell, src } => {
                shared!();
                let (cell, value) = (cell_at(get!(cell)), th.live(get!(src)));
                cell.set(th.cx(), Some(value));
                next!()
            }
            Op::ClearCell { cell, name } => {
                shared!();
                let cell = cell_at(get!(cell));
                if cell.get().is_none() {
                    slow!(th.unbound_local(name.0))
                }
                cell.set(th.cx(), None);
                next!()
            }
            Op::LoadFree { dst, free } => {
                shared!();
                match th.free_cell(free.0).and_then(Cell::get) {
                    Some(value) => {
                        let word = value.word();
                        set!(dst, word);
                    }
                    None => slow!(th.load_free(free.0)),
                }
                next!()
            }
            Op::StoreFree { free, src } => {
                shared!();
                if let Some(cell) = th.free_cell(free.0) {
                    cell.set(th.cx(), Some(th.live(get!(src))));
                }
                next!()
            }
            Op::ClearFree { free } => {
                shared!();
                if let Flow::Raised = {
                    save!();
                    th.load_free(free.0)
                } {
                    raised!()
                }
                if let Some(cell) = th.free_cell(free.0) {
                    cell.set(th.cx(), None);
                }
                next!()
            }
            Op::LoadClosure { dst, free } => {
                let cell = th.frame().function().closure()[free.0 as usize].word();
                set!(dst, cell);
                next!()
            }

            Op::LoadGlobal { dst, site } => {
                shared!();
                let (key, index, kind) = unit.cache(site.0).load();
                if let Some(table) = globals.table()
                    && table.id() == key
                    && key != 0
                {
                    let found = if kind == Cached::Global as u8 {
                        entry_word(globals, index)
                    } else if kind == Cached::Builtin as u8 {
                        entry_word(th.vm().builtins(), index)
                    } else {
                        Word::NONE_AT_ALL
                    };
                    if !found.is_nothing() {
                        set!(dst, found);
                        next!();
                    }
                }
                slow!(th.load_global_op(site.0))
            }
            Op::StoreGlobal { src, site } => {
                shared!();
                let (key, index, kind) = unit.cache(site.0).load();
                if let Some(table) = globals.table()
                    && table.id() == key
                    && key != 0
                    && kind == Cached::Global as u8
                    && let Some(entry) = table.entries().get(index as usize)
                    && entry.value().get().is_some()
                {
                    th.cx().store(table, entry.value(), Some(th.live(get!(src))));
                    next!();
                }
                slow!(th.store_global_op(site.0, get!(src)))
            }
            Op::LoadGlobals { dst } => {
                set!(dst, Value::object(globals).word());
                next!()
            }
            Op::DeleteGlobal { .. }
            | Op::LoadName { .. }
            | Op::LoadNameOrFree { .. }
            | Op::StoreName { .. }
            | Op::DeleteName { .. }
            | Op::LoadAnnotations { .. } => {
                shared!();
                slow!(th.name_op())
            }

            Op::Add { dst, left, right, .. } => arithmetic!(
                dst,
                left,
                right,
                |a, b| a.shifted().checked_add(b.shifted()).map(Word::from_shifted),
                |x, y| Some(x + y)
            ),
            Op::Sub { dst, left, right, .. } => arithmetic!(
                dst,
                left,
                right,
                |a, b| a.shifted().checked_sub(b.shifted()).map(Word::from_shifted),
                |x, y| Some(x - y)
            ),
            Op::Mul { dst, left, right, .. } => arithmetic!(
                dst,
                left,
                right,
                |a, b| a.shifted().checked_mul(b.as_small()).map(Word::from_shifted),
                |x, y| Some(x * y)
            ),
            Op::Div { dst, left, right, .. } => {
                arithmetic!(dst, left, right, |a, b| exact_quotient(a, b), |x, y| (y != 0.0).then(|| x / y))
            }
            Op::FloorDiv { dst, left, right, .. } => {
                arithmetic!(dst, left, right, |a, b| floor_quotient(a.as_small(), b.as_small()), |_x, _y| {
                    None::<f64>
                })
            }
            Op::Mod { dst, left, right, .. } => {
                arithmetic!(dst, left, right, |a, b| floor_remainder(a.as_small(), b.as_small()), |_x, _y| {
                    None::<f64>
                })
            }
            Op::BitAnd { dst, left, right, .. } => {
                arithmetic!(dst, left, right, |a, b| Some(Word(a.0 & b.0)), |_x, _y| None::<f64>)
            }
            Op::BitOr { dst, left, right, .. } => {
                arithmetic!(dst, left, right, |a, b| Some(Word(a.0 | b.0)), |_x, _y| None::<f64>)
            }
            Op::BitXor { dst, left, right, .. } => arithmetic!(
                dst,
                left,
                right,
                |a, b| Some(Word::small(a.as_small() ^ b.as_small())),
                |_x, _y| None::<f64>
            ),
            Op::LShift { dst, left, right, .. } => {
                arithmetic!(dst, left, right, |a, b| shift_left(a.as_small(), b.as_small()), |_x, _y| None::<
                    f64,
                >)
            }
            Op::RShift { dst, left, right, .. } => arithmetic!(
                dst,
                left,
                right,
                |a, b| shift_right(a.as_small(), b.as_small()),
                |_x, _y| None::<f64>
            ),
            Op::MatMul { dst, .. } | Op::Pow { dst, .. } => result!(dst, th.binary_op(0)),
            Op::AddInt { dst, left, imm, .. } => add_imm!(dst, left, i64::from(imm.0)),
            Op::SubInt { dst, left, imm, .. } => add_imm!(dst, left, -i64::from(imm.0)),
            Op::Neg { dst, src } => {
                let operand = get!(src);
                if operand.is_small() && operand.as_small() != MIN_SMALL {
                    set!(dst, Word::small(-operand.as_small()));
                    next!();
                }
                if operand.is_float() {
                    set!(dst, Word::float(-operand.as_float()));
                    next!();
                }
                slow!(th.unary_op())
            }
            Op::Pos { dst, .. } | Op::Invert { dst, .. } => result!(dst, th.unary_op()),
            Op::Not { dst, src } => {
                let operand = get!(src);
                if operand == Word::TRUE || operand == Word::FALSE {
                    set!(dst, Word::bool(operand == Word::FALSE));
                    next!();
                }
                slow!(Flow::Done(operand))
            }

            Op::Lt { dst, left, right } => compare!(dst, left, right, <),
            Op::Le { dst, left, right } => compare!(dst, left, right, <=),
            Op::Gt { dst, left, right } => compare!(dst, left, right, >),
            Op::Ge { dst, left, right } => compare!(dst, left, right, >=),
            Op::Eq { dst, left, right } => compare!(dst, left, right, ==),
            Op::Ne { dst, left, right } => compare!(dst, left, right, !=),
            Op::Is { dst, left, right } => {
                set!(dst, Word::bool(get!(left) == get!(right)));
                next!()
            }
            Op::IsNot { dst, left, right } => {
                set!(dst, Word::bool(get!(left) != get!(right)));
                next!()
            }
            Op::In { dst, .. } => {
                shared!();
                save!();
                match th.contains_op() {
                    Flow::Done(word @ (Word::TRUE | Word::FALSE)) => {
                        set!(dst, word);
                        next!()
                    }
                    flow => after!(th.settle(flow)),
                }
            }
            Op::NotIn { dst, .. } => {
                shared!();
                save!();
                match th.contains_op() {
                    Flow::Done(word @ (Word::TRUE | Word::FALSE)) => {
                        set!(dst, Word::bool(word == Word::FALSE));
                        next!()
                    }
                    flow => after!(th.settle(flow)),
                }
            }

            Op::Jump { to } => {
                // SAFETY: see above.
                ip = unsafe { ops.add(to.0 as usize) };
            }
            Op::JumpBack { to } => {
                loop_checkpoint!();
                // SAFETY: see above.
                ip = unsafe { ops.add(to.0 as usize) };
            }
            Op::JumpIfTrue { cond, to } => {
                let cond = get!(cond);
                if cond == Word::TRUE {
                    // SAFETY: see above.
                    ip = unsafe { ops.add(to.0 as usize) };
                    continue;
                }
                if cond == Word::FALSE || cond == Word::NONE {
                    next!();
                }
                slow!(Flow::Done(cond))
            }
            Op::JumpIfFalse { cond, to } => {
                let cond = get!(cond);
                if cond == Word::TRUE {
                    next!();
                }
                if cond == Word::FALSE || cond == Word::NONE {
                    // SAFETY: see above.
                    ip = unsafe { ops.add(to.0 as usize) };
                    continue;
                }
                slow!(Flow::Done(cond))
            }
            Op::BranchLt { sense, left, right, to } => branch!(sense, left, right, to, <),
            Op::BranchLe { sense, left, right, to } => branch!(sense, left, right, to, <=),
            Op::BranchGt { sense, left, right, to } => branch!(sense, left, right, to, >),
            Op::BranchGe { sense, left, right, to } => branch!(sense, left, right, to, >=),
            Op::BranchEq { sense, left, right, to } => branch!(sense, left, right, to, ==),
            Op::BranchNe { sense, left, right, to } => branch!(sense, left, right, to, !=),
            Op::BranchLtInt { sense, left, imm, to } => branch_imm!(sense, left, imm, to, <),
            Op::BranchLeInt { sense, left, imm, to } => branch_imm!(sense, left, imm, to, <=),
            Op::BranchGtInt { sense, left, imm, to } => branch_imm!(sense, left, imm, to, >),
            Op::BranchGeInt { sense, left, imm, to } => branch_imm!(sense, left, imm, to, >=),
            Op::BranchEqInt { sense, left, imm, to } => branch_imm!(sense, left, imm, to, ==),
            Op::BranchNeInt { sense, left, imm, to } => branch_imm!(sense, left, imm, to, !=),
            Op::BranchNone { sense, src, to } => {
                if (get!(src) == Word::NONE) == sense.0 {
                    // SAFETY: see above.
                    ip = unsafe { ops.add(to.0 as usize) };
                    continue;
                }
                next!()
            }
            Op::BranchIs { sense, left, right, to } => {
                if (get!(left) == get!(right)) == sense.0 {
                    jump!(to);
                }
                next!()
            }

            Op::GetIter { dst, src } | Op::GetYieldFromIter { dst, src } => {
                shared!();
                result!(dst, th.get_iter(get!(src), Cont::Op(Stage::Candidate(0))))
            }
            Op::ForIter { dst, iter, exit } => {
                shared!();
                let iterator = get!(iter);
                match fast_step(iterator) {
                    Step::Item(word) => {
                        set!(dst, word);
                        next!()
                    }
                    Step::Exhausted => jump!(exit),
                    Step::Unknown => {
                        save!();
                        let flow = th.step(iterator, Cont::Op(Stage::Twin));
                        if flow == Flow::Raised && th.take_stop_iteration().is_some() {
                            jump!(exit);
                        }
                        after!(th.settle(flow))
                    }
                }
            }
            Op::Unpack { src, base, count } => {
                shared!();
                if let Some(tuple) = tuple_at(get!(src))
                    && tuple.len() == count.0 as usize
                {
                    for (index, item) in tuple.items().iter().enumerate() {
                        set!(Reg(base.0 + index as u16), item.word());
                    }
                    next!();
                }
                slow!(th.unpack_op(None))
            }
            Op::UnpackStar { .. } => {
                shared!();
                slow!(th.unpack_op(None))
            }

            Op::GetAttr { dst, obj, site } => {
                shared!();
                let object = get!(obj);
                match cached_attribute(th, unit, object, site.0) {
                    Attribute::Value(word) => {
                        set!(dst, word);
                        next!()
                    }
                    Attribute::Getter(function) => {
                        save!();
                        let flow = th.call_with(function, &[object], Cont::Op(Stage::Fallback));
                        after!(th.settle(flow))
                    }
                    Attribute::Method(_) | Attribute::Unknown => result!(dst, th.get_attr_op(object, site.0)),
                }
            }
            Op::LoadMethod { base, obj, site } => {
                shared!();
                let object = get!(obj);
                match cached_attribute(th, unit, object, site.0) {
                    Attribute::Method(function) => {
                        set!(base, function);
                        set!(Reg(base.0 + 1), object);
                        next!()
                    }
                    Attribute::Value(word) => {
                        set!(base, Word::NONE_AT_ALL);
                        set!(Reg(base.0 + 1), word);
                        next!()
                    }
                    Attribute::Getter(_) | Attribute::Unknown => {
                        save!();
                        let place = th.frame().base as usize + base.0 as usize;
                        match th.load_method_op(place, object, site.0) {
                            MethodLoad::Loaded => next!(),
                            MethodLoad::Other(flow) => after!(th.settle(flow)),
                        }
                    }
                }
            }
            Op::SetAttr { obj, value, site } => {
                shared!();
                let (object, word) = (get!(obj), get!(value));
                if let Some(instance) = instance_at(object) {
                    let (key, index, kind) = unit.cache(site.0).load();
                    if kind == Cached::Slot as u8 && key == instance.header().shape() {
                        // SAFETY: the cache was filled for this shape.
                        let slot = unsafe { instance.slot_at(index as usize) };
                        th.cx().store(instance, slot, Some(th.live(word)));
                        next!();
                    }
                }
                slow!(th.set_attr_op(object, word, site.0))
            }
            Op::DelAttr { obj, site } => {
                shared!();
                let name = unit.site_name(site.0).word();
                slow!(th.set_attribute(get!(obj), name, Word::NONE_AT_ALL, Cont::Discard))
            }
            Op::GetItem { dst, obj, key } => {
                shared!();
                if let Some(word) = fast_item(get!(obj), get!(key)) {
                    set!(dst, word);
                    next!();
                }
                result!(dst, th.get_item(get!(obj), get!(key), Cont::Op(Stage::Twin)))
            }
            Op::SetItem { obj, key, value } => {
                shared!();
                let (object, index) = (get!(obj), get!(key));
                if index.is_small()
                    && let Some(list) = list_at(object)
                    && index.as_small() >= 0
                    && list.set(th.cx(), index.as_small() as usize, th.live(get!(value)))
                {
                    next!();
                }
                save!();
                match th.set_item(object, index, get!(value), Cont::Discard) {
                    Flow::Done(_) => next!(),
                    flow => after!(th.settle(flow)),
                }
            }
            Op::DelItem { obj, key } => {
                shared!();
                slow!(th.del_item(get!(obj), get!(key), Cont::Discard))
            }
            Op::BuildSlice { dst, base } => {
                let [start, stop, step] = [0, 1, 2].map(|part| th.live(get!(Reg(base.0 + part))));
                let slice = Value::object(Slice::new(th.cx(), start, stop, step)).word();
                set!(dst, slice);
                next!()
            }

            Op::BuildTuple { dst, base, count } => {
                let place = th.frame().base as usize + base.0 as usize;
                match th.cx().tuple(th.values(place, count.0 as usize)) {
                    Ok(tuple) => {
                        let word = tuple.word();
                        set!(dst, word);
                        next!()
                    }
                    Err(Raised) => raised!(),
                }
            }
            Op::BuildList { dst, base, count } => {
                let place = th.frame().base as usize + base.0 as usize;
                match th.cx().list(th.values(place, count.0 as usize)) {
                    Ok(list) => {
                        let word = list.word();
                        set!(dst, word);
                        next!()
                    }
                    Err(Raised) => raised!(),
                }
            }
            Op::BuildSet { dst, .. } | Op::BuildDict { dst, .. } => result!(dst, th.build_hashed_op()),
            Op::ListAppend { list, value } => {
                if let Some(list) = list_at(get!(list)) {
                    match list.push(th.cx(), th.live(get!(value))) {
                        Ok(()) => next!(),
                        Err(Raised) => raised!(),
                    }
                }
                next!()
            }
            Op::ListExtend { .. }
            | Op::SetAdd { .. }
            | Op::SetUpdate { .. }
            | Op::DictInsert { .. }
            | Op::DictUpdate { .. }
            | Op::DictMerge { .. }
            | Op::StarTuple { .. } => slow!(th.extend_op(None)),
            Op::ListToTuple { dst, src } => {
                let items = list_at(get!(src)).map_or_else(Vec::new, List::to_vec);
                match th.cx().tuple(&items) {
                    Ok(tuple) => {
                        let word = tuple.word();
                        set!(dst, word);
                        next!()
                    }
                    Err(Raised) => raised!(),
                }
            }
            Op::Format { dst, .. } | Op::FormatSpec { dst, .. } => result!(dst, th.format_op()),
            Op::BuildString { dst, .. } => result!(dst, th.build_string_op()),

            Op::Call { dst, base, argc } => call!(dst, get!(base), base.0 + 1, argc.0 as usize),
            Op::CallMethod { dst, base, argc } => {
                let function = get!(base);
                if function.is_nothing() {
                    call!(dst, get!(Reg(base.0 + 1)), base.0 + 2, argc.0 as usize)
                } else {
                    call!(dst, function, base.0 + 1, argc.0 as usize + 1)
                }
            }
            Op::CallKw { base, argc, names } => {
                let place = th.frame().base as usize + base.0 as usize;
                let args =
                    Arguments { base: place + 1, count: argc.0 as usize, names: unit.kwnames(names.0) };
                called!(base, th.call(get!(base), args, Cont::Store(base.0)))
            }
            Op::CallMethodKw { base, argc, names } => {
                let place = th.frame().base as usize + base.0 as usize;
                let (function, names) = (get!(base), unit.kwnames(names.0));
                let argc = argc.0 as usize;
                if function.is_nothing() {
                    let args = Arguments { base: place + 2, count: argc, names };
                    called!(base, th.call(get!(Reg(base.0 + 1)), args, Cont::Store(base.0)))
                } else {
                    let args = Arguments { base: place + 1, count: argc + 1, names };
                    called!(base, th.call(function, args, Cont::Store(base.0)))
                }
            }
            Op::CallStar { dst, base } => {
                let (args, keywords) = (get!(Reg(base.0 + 1)), get!(Reg(base.0 + 2)));
                called!(dst, th.call_star(get!(base), args, keywords, Cont::Store(dst.0)))
            }
            Op::CallSuper { dst, base } => {
                let callee = get!(base);
                let is_super = callee == Value::object(th.cx().class(Builtin::Super)).word();
                let place = th.frame().base as usize + base.0 as usize;
                let args = Arguments::positional(place + 1, if is_super { 2 } else { 0 });
                called!(dst, th.call(callee, args, Cont::Store(dst.0)))
            }
            Op::Return { src } => {
                let word = get!(src);
                let frame = *th.frame();
                if frame.role == Role::Plain
                    && let Cont::Store(dst) = frame.cont
                {
                    th.frames.pop();
                    let caller = th.frame_mut();
                    caller.pc += 1;
                    reload!();
                    set!(Reg(dst), word);
                    continue;
                }
                after!(th.return_from(word))
            }
            Op::ReturnNone {} => after!(th.return_from(Word::NONE)),
            Op::Yield { src, .. } => {
                save!();
                after!(th.yield_value(get!(src)))
            }
            Op::YieldFrom { .. } => slow!(th.yield_from_op()),

            Op::MakeFunction { dst, .. } => result!(dst, th.make_function_op()),
            Op::LoadBuildClass { dst } => {
                match th.vm().builtins().get_name(th.cx(), "__build_class__") {
                    Some(function) => {
                        let word = function.word();
                        set!(dst, word);
                    }
                    None => {
                        th.cx().raise(Builtin::NameError, "__build_class__ not found");
                        raised!()
                    }
                }
                next!()
            }
            Op::ImportName { .. } => slow!(th.import_name_op()),
            Op::ImportFrom { .. } => {
                shared!();
                slow!(th.import_from_op())
            }
            Op::ImportStar { .. } => {
                shared!();
                slow!(th.import_star_op())
            }

            Op::Raise { .. } | Op::RaiseFrom { .. } | Op::RaiseAgain {} => slow!(th.raise_op()),
            Op::Reraise { exc } => {
                th.cx().raise_value(th.live(get!(exc)));
                raised!()
            }
            Op::EnterHandler { exc, saved } => {
                set!(saved, th.frame().handled);
                th.frame_mut().handled = get!(exc);
                next!()
            }
            Op::SaveHandler { saved } => {
                set!(saved, th.frame().handled);
                next!()
            }
            Op::LeaveHandler { saved } => {
                th.frame_mut().handled = get!(saved);
                next!()
            }
            Op::MatchException { dst, .. } => result!(dst, th.match_exception_op()),
            Op::LoadAssertionError { dst } => {
                let class = Value::object(th.cx().class(Builtin::AssertionError)).word();
                set!(dst, class);
                next!()
            }
            Op::PrepareWith { .. } => {
                shared!();
                slow!(th.prepare_with_op())
            }
            Op::LoadExcInfo { base, exc } => {
                for (part, word) in (0..).zip(th.exc_info(get!(exc))) {
                    set!(Reg(base.0 + part), word);
                }
                next!()
            }
        }
    }
}

/// How `LoadMethod` ended where its cache did not know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum MethodLoad {
    /// Both registers are filled.
    Loaded,
    /// The attribute itself is still to come, or came.
    Other(Flow),
}

/// What an inline cache gives for an object.
enum Attribute {
    Value(Word),
    Method(Word),
    Getter(Word),
    Unknown,
}

#[inline(always)]
fn cached_attribute(th: &Thread, unit: &Unit, object: Word, site: u16) -> Attribute {
    if !object.is_pointer() {
        return Attribute::Unknown;
    }
    let (key, index, kind) = unit.cache(site).load();
    // SAFETY: a pointer word in a register points to a live object.
    let header = unsafe { &*object.address() };
    if kind == Cached::Slot as u8 {
        if header.shape() == key
            && let Some(instance) = instance_at(object)
        {
            // SAFETY: the cache was filled for this shape.
            let word = unsafe { instance.slot_at(index as usize) }.word();
            if !word.is_nothing() {
                return Attribute::Value(word);
            }
        }
        return Attribute::Unknown;
    }
    if kind == Cached::Class as u8 && header.shape() == key {
        let class = th.vm().world.shapes.get(key).class();
        return cached_in_class(class, index).map_or(Attribute::Unknown, class_attribute);
    }
    if kind == Cached::OfClass as u8 && header.shape() == key && header.kind() == Kind::Type {
        // SAFETY: the kind was checked.
        let class = unsafe { &*object.address().cast::<Type>() };
        return cached_in_class(class, index)
            .map_or(Attribute::Unknown, |value| Attribute::Value(value.word()));
    }
    if kind == Cached::Global as u8 && header.kind() == Kind::Module {
        // SAFETY: the kind was checked.
        let module = unsafe { &*object.address().cast::<Module>() };
        if let Some(dict) = module.dict().and_then(|dict| dict.get::<Dict>())
            && dict.table().is_some_and(|table| table.id() == key)
        {
            let word = entry_word(dict, index);
            if !word.is_nothing() {
                return Attribute::Value(word);
            }
        }
    }
    Attribute::Unknown
}

#[inline(always)]
fn class_attribute(value: Value<'_>) -> Attribute {
    match value.kind() {
        Some(Kind::Function) => Attribute::Method(value.word()),
        Some(Kind::Native) => {
            super::ops::attr::native_method(value).map_or(Attribute::Unknown, Attribute::Method)
        }
        Some(Kind::Property) => {
            super::ops::attr::plain_getter(value).map_or(Attribute::Unknown, Attribute::Getter)
        }
        None | Some(Kind::Str | Kind::Int | Kind::Tuple | Kind::List | Kind::Dict) => {
            Attribute::Value(value.word())
        }
        _ => Attribute::Unknown,
    }
}

#[inline(always)]
fn entry_word(dict: &Dict, index: u32) -> Word {
    match dict.table().and_then(|table| table.entries().get(index as usize)) {
        Some(entry) => entry.value().word(),
        None => Word::NONE_AT_ALL,
    }
}

#[inline(always)]
fn cell_at<'t>(word: Word) -> &'t Cell {
    debug_assert!(word.is_pointer());
    // SAFETY: the compiler has cells made in the registers that cell ops name, and the register keeps it alive.
    unsafe { &*word.address().cast::<Cell>() }
}

macro_rules! at {
    ($name:ident, $type:ident) => {
        #[inline(always)]
        fn $name<'t>(word: Word) -> Option<&'t $type> {
            if !word.is_pointer() {
                return None;
            }
            // SAFETY: a pointer word in a register points to a live object; the kind says its layout.
            unsafe {
                if (*word.address()).kind() == Kind::$type { Some(&*word.address().cast()) } else { None }
            }
        }
    };
}

at!(list_at, List);
at!(tuple_at, Tuple);
at!(instance_at, Instance);
at!(iter_at, Iter);

/// `list[i]` and `tuple[i]` with an index inside.
#[inline(always)]
fn fast_item(object: Word, key: Word) -> Option<Word> {
    if !key.is_small() {
        return None;
    }
    let index = key.as_small();
    if let Some(list) = list_at(object) {
        let index = if index < 0 { index + list.len() as i64 } else { index };
        return list.get(usize::try_from(index).ok()?).map(Value::word);
    }
    let tuple = tuple_at(object)?;
    let index = if index < 0 { index + tuple.len() as i64 } else { index };
    tuple.items().get(usize::try_from(index).ok()?).map(|item| item.word())
}

enum Step {
    Item(Word),
    Exhausted,
    Unknown,
}

/// One step of an iterator over a small range, a list or a tuple.
#[inline(always)]
fn fast_step(iterator: Word) -> Step {
    let Some(it) = iter_at(iterator) else { return Step::Unknown };
    let shape = it.header().shape();
    if shape == Builtin::RangeIterator.shape() && it.source().is_none() {
        let (position, limit) = (it.position(), it.limit());
        if position == limit {
            return Step::Exhausted;
        }
        it.set_position(position + it.step());
        if (MIN_SMALL..=MAX_SMALL).contains(&position) {
            return Step::Item(Word::small(position));
        }
        it.set_position(position);
        return Step::Unknown;
    }
    if shape == Builtin::ListIterator.shape() {
        let position = it.position();
        if let Some(source) = it.source()
            && let Some(list) = list_at(source.word())
            && let Some(item) = list.get(position as usize)
        {
            it.set_position(position + 1);
            return Step::Item(item.word());
        }
    }
    Step::Unknown
}

/// The quotient of two small integers as a float, where it is exact enough: both are below 2^53.
#[inline(always)]
fn exact_quotient(a: Word, b: Word) -> Option<Word> {
    (b.as_small() != 0).then(|| Word::float(a.as_small() as f64 / b.as_small() as f64))
}

#[inline(always)]
fn floor_quotient(a: i64, b: i64) -> Option<Word> {
    if b == 0 || b == -1 {
        return None;
    }
    let quotient = a / b;
    Some(Word::small(quotient - i64::from(a % b != 0 && (a < 0) != (b < 0))))
}

#[inline(always)]
fn floor_remainder(a: i64, b: i64) -> Option<Word> {
    if b == 0 || b == -1 {
        return None;
    }
    let rest = a % b;
    Some(Word::small(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }))
}

#[inline(always)]
fn shift_left(a: i64, b: i64) -> Option<Word> {
    if !(0..16).contains(&b) {
        return None;
    }
    let shifted = a << b;
    (MIN_SMALL..=MAX_SMALL).contains(&shifted).then(|| Word::small(shifted))
}

#[inline(always)]
fn shift_right(a: i64, b: i64) -> Option<Word> {
    (b >= 0).then(|| Word::small(a >> b.min(63)))
}
