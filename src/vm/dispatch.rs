//! The dispatch loop. An arm is a short fast path; what does not fit it goes to `ops`. The loop decides, helpers compute.
//!
//! Inside the loop, `fp` points at the running frame, `ip` at the op being executed and `r` at the frame's first register.
//! The frame's own `ip` is brought up to date (`save!`) before anything that can leave the fast path.

use minipy_compiler::op::{Op, Reg};

use crate::heap::{Kind, MAX_SMALL, MIN_SMALL, Word};
use crate::value::Raised;
use crate::value::dict::Dict;
use crate::value::function::{Cell, Function};
use crate::value::unit::Unit;

use super::call::Arguments;
use super::fast::*;
use super::frame::{Cont, Frame, Role, Stage};
use super::ops::{EXHAUSTED, native_truth};
use super::resume::Next;
use super::thread::{Flow, Thread};
use super::trap::Trap;

/// Runs the topmost frame, and what it calls, until it returns; it begins with an exception pending if `raised`. Compiled
/// once for each mode: what a mode does costs nothing in the others.
///
/// # Errors
/// The exception that leaves it is pending.
#[expect(clippy::cognitive_complexity, reason = "one arm an op")]
pub(super) fn run<const COUNTED: bool>(th: &mut Thread, raised: bool) -> Result<Word, Raised> {
    let mut ip: *const Op;
    let mut fp: *mut Frame;
    let mut r: *mut Word;
    let mut unit: &Unit;
    let mut globals: &Dict;
    // SAFETY: the thread keeps its trap as long as it lives.
    let trap: &Trap = unsafe { &*std::ptr::from_ref(th.trap()) };

    // SAFETY, for all macros: `fp` is the running frame, `ip` is inside the ops of its code, which ends with a return or a
    // jump; the compiler's verifier holds that operands are below the window's size, and pushing the frame checked that the
    // window is inside the stack.
    macro_rules! reload {
        () => {{
            fp = th.frames.running();
            let frame = frame!();
            // SAFETY: units live as long as the machine, which the thread keeps.
            unit = unsafe { &*frame.unit };
            // SAFETY: the frame keeps its function alive, which keeps its globals alive.
            globals = unsafe { &*std::ptr::from_ref(frame.function().globals()) };
            ip = frame.ip;
            r = th.register(frame.base as usize);
        }};
    }
    macro_rules! frame {
        () => {
            // SAFETY: see above.
            unsafe { &mut *fp }
        };
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
            frame!().ip = ip;
        }};
    }
    macro_rules! next {
        () => {{
            // SAFETY: see above.
            ip = unsafe { ip.add(1) };
            continue;
        }};
    }
    // The op's result, and on to the next.
    macro_rules! put {
        ($reg:expr, $word:expr) => {{
            set!($reg, $word);
            next!();
        }};
    }
    macro_rules! jump {
        ($offset:expr) => {{
            // SAFETY: see above.
            ip = unsafe { ip.offset($offset.0 as isize) };
            continue;
        }};
    }
    macro_rules! go {
        ($label:expr) => {{
            // SAFETY: see above.
            ip = unsafe { unit.ops().add($label.0 as usize) };
            continue;
        }};
    }
    // Leaves the ops for what only the outer loop does.
    macro_rules! after {
        ($next:expr) => {
            break $next
        };
    }
    // The truth of a word, unless code of the language decides.
    macro_rules! truth {
        ($word:expr) => {
            match quick_truth($word) {
                None => native_truth(th.cx(), th.live($word)),
                known => known,
            }
        };
    }
    // The op goes on with a truth that code of the language decides.
    macro_rules! test {
        ($word:expr) => {{
            save!();
            after!(th.test($word));
        }};
    }
    macro_rules! contains {
        ($dst:expr, $item:expr, $container:expr, $yes:expr) => {{
            shared!();
            save!();
            match th.contains(get!($item), get!($container)) {
                Flow::Done(word @ (Word::TRUE | Word::FALSE)) => put!($dst, Word::bool(word == $yes)),
                flow => after!(th.settle(flow)),
            }
        }};
    }
    // An op whose result the resumption stores or tests.
    macro_rules! slow {
        ($flow:expr) => {{
            save!();
            after!(match $flow {
                Flow::Pushed => Next::Go,
                flow => th.settle(flow),
            })
        }};
    }
    // An op whose result goes to a register: at once, if no frame is needed.
    macro_rules! result {
        ($dst:expr, $flow:expr) => {{
            save!();
            match $flow {
                Flow::Done(word) => put!($dst, word),
                flow => after!(th.settle(flow)),
            }
        }};
    }
    // An op without a result.
    macro_rules! act {
        ($flow:expr) => {{
            save!();
            match $flow {
                Flow::Done(_) => next!(),
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
    // `at_loop` in the checkpoints of every mode, `at_shared_access` before what other threads see.
    macro_rules! checkpoint {
        ($where:ident) => {
            if trap.$where() {
                save!();
                if th.checkpoint().is_err() {
                    after!(Next::Raised);
                }
            }
        };
    }
    macro_rules! shared {
        () => {
            checkpoint!(at_shared_access)
        };
    }
    // Of two small integers; of two floats; of one each.
    macro_rules! arithmetic {
        ($dst:expr, $left:expr, $right:expr, $small:expr, $float:expr) => {{
            let (left, right) = (get!($left), get!($right));
            if left.both_small(right) {
                if let Some(word) = $small(left, right) {
                    put!($dst, word);
                }
            } else if let Some((x, y)) = as_floats(left, right)
                && let Some(value) = $float(x, y)
            {
                put!($dst, Word::float(value));
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
                    put!($dst, Word::small(sum));
                }
            } else if left.is_float() {
                put!($dst, Word::float(left.as_float() + $imm as f64));
            }
            result!($dst, th.binary_op(0))
        }};
    }
    macro_rules! compare {
        ($dst:expr, $left:expr, $right:expr, $fast:expr) => {{
            if let Some(truth) = $fast(get!($left), get!($right)) {
                put!($dst, Word::bool(truth));
            }
            result!($dst, th.compare_op(0))
        }};
    }
    macro_rules! branch {
        ($sense:expr, $to:expr, $fast:expr) => {{
            let truth = match $fast {
                Some(truth) => truth,
                None => {
                    save!();
                    match th.compare_op(0) {
                        Flow::Done(Word::TRUE) => true,
                        Flow::Done(Word::FALSE) => false,
                        flow => after!(th.settle(flow)),
                    }
                }
            };
            if truth == $sense.0 {
                jump!($to);
            }
            next!();
        }};
    }
    // A step of a loop whose body begins so many ops further on: goes there with an item, or to the end.
    macro_rules! iterate {
        ($dst:expr, $iter:expr, $body:expr, $item:expr, $end:expr) => {{
            match fast_step(get!($iter)) {
                Step::Item(word) => {
                    set!($dst, word);
                    $item
                }
                Step::Exhausted => $end,
                Step::Unknown => save!(),
            }
            match th.step_of_loop(get!($iter), $dst, $body) {
                EXHAUSTED => $end,
                Flow::Done(word) => {
                    set!($dst, word);
                    $item
                }
                flow => after!(th.settle(flow)),
            }
        }};
    }
    // A frame was pushed by a call: its entry is a checkpoint.
    macro_rules! called {
        ($dst:expr, $flow:expr) => {{
            save!();
            match $flow {
                Flow::Done(word) => {
                    set!($dst, word);
                    if trap.at_loop() {
                        th.frame_mut().skip(1);
                        if th.checkpoint().is_err() {
                            th.frame_mut().skip(-1);
                            after!(Next::Raised);
                        }
                        reload!();
                        continue;
                    }
                    next!();
                }
                Flow::Pushed => {
                    reload!();
                    if trap.at_loop() && th.checkpoint().is_err() {
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
            let (base, count) = (frame!().base as usize + ($args) as usize, $count);
            save!();
            // SAFETY: a pointer word in a register points to a live object.
            let kind = if points(callee) { Some(unsafe { (*callee.address()).kind() }) } else { None };
            if kind == Some(Kind::Function) {
                // SAFETY: the kind was checked; the register keeps the function alive.
                let function = unsafe { &*callee.address().cast::<Function>().cast_const() };
                if let Some(callee_unit) = function.plain_unit(count) {
                    if th.push_frame(callee, callee_unit, base, Cont::Store($dst.0), Role::Plain)
                        == Flow::Raised
                    {
                        after!(Next::Raised);
                    }
                    fp = th.frames.running();
                    unit = callee_unit;
                    globals = function.globals();
                    ip = unit.ops();
                    r = th.register(base);
                    if trap.at_loop() && th.checkpoint().is_err() {
                        after!(Next::Raised);
                    }
                    continue;
                }
            }
            let args = Arguments::positional(base, count);
            called!($dst, th.call_kind(kind, callee, args, Cont::Store($dst.0)))
        }};
    }

    // A frame of this role returns `word`; its caller gets `result`.
    macro_rules! return_word {
        ($role:expr, $word:expr, $result:expr) => {{
            if frame!().role == $role
                && let Cont::Store(dst) = frame!().cont
            {
                let result = $result;
                th.frames.drop_last();
                reload!();
                put!(Reg(dst), result);
            }
            after!(th.return_from($word))
        }};
    }

    let mut next =
        if raised || (trap.at_loop() && th.checkpoint().is_err()) { Next::Raised } else { Next::Go };
    loop {
        if next == Next::Raised {
            next = th.unwind();
        }
        if let Next::Stop(word) = next {
            return if word.is_nothing() { Err(Raised) } else { Ok(word) };
        }
        reload!();
        next = loop {
            if COUNTED && th.count_op() {
                save!();
                th.tick();
            }
            // SAFETY: see above. An arm reads the operands it needs: a copy would fill registers before the jump.
            match *unsafe { &*ip } {
                Op::Move { dst, src } => put!(dst, get!(src)),
                Op::LoadConst { dst, value } => put!(dst, unit.const_at(value.0)),
                Op::LoadInt { dst, value } => put!(dst, Word::small(value.0.into())),
                Op::LoadNone { dst } => put!(dst, Word::NONE),
                Op::Unbind { dst } => put!(dst, Word::NONE_AT_ALL),
                Op::CheckLocal { src, name } => {
                    if get!(src).is_nothing() {
                        slow!(th.unbound_local(name.0))
                    }
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
                Op::LoadFree { dst, free } => {
                    shared!();
                    match th.free_cell(free.0).and_then(Cell::get) {
                        Some(value) => set!(dst, value.word()),
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
                Op::LoadGlobal { dst, site } => {
                    shared!();
                    let found = cached_global(th, globals, unit, site.0);
                    if !found.is_nothing() {
                        put!(dst, found);
                    }
                    result!(dst, th.load_global_op(site.0))
                }
                Op::StoreGlobal { src, site } => {
                    shared!();
                    if set_cached_global(th, globals, unit, site.0, get!(src)) {
                        next!();
                    }
                    slow!(th.store_global_op(site.0, get!(src)))
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
                Op::Add { dst, left, right, .. } => arithmetic!(dst, left, right, add, add_floats),
                Op::Sub { dst, left, right, .. } => arithmetic!(dst, left, right, subtract, subtract_floats),
                Op::Mul { dst, left, right, .. } => arithmetic!(dst, left, right, multiply, multiply_floats),
                Op::Div { dst, left, right, .. } => {
                    arithmetic!(dst, left, right, exact_quotient, float_quotient)
                }
                Op::FloorDiv { dst, left, right, .. } => {
                    arithmetic!(dst, left, right, floor_quotient, no_float)
                }
                Op::Mod { dst, left, right, .. } => arithmetic!(dst, left, right, floor_remainder, no_float),
                Op::BitAnd { dst, left, right, .. } => arithmetic!(dst, left, right, and, no_float),
                Op::BitOr { dst, left, right, .. } => arithmetic!(dst, left, right, or, no_float),
                Op::BitXor { dst, left, right, .. } => arithmetic!(dst, left, right, exclusive_or, no_float),
                Op::LShift { dst, left, right, .. } => arithmetic!(dst, left, right, shift_left, no_float),
                Op::RShift { dst, left, right, .. } => arithmetic!(dst, left, right, shift_right, no_float),
                Op::MatMul { dst, .. } | Op::Pow { dst, .. } => result!(dst, th.binary_op(0)),
                Op::AddInt { dst, left, imm, .. } => add_imm!(dst, left, i64::from(imm.0)),
                Op::SubInt { dst, left, imm, .. } => add_imm!(dst, left, -i64::from(imm.0)),
                Op::Neg { dst, src } => {
                    if let Some(word) = negate(get!(src)) {
                        put!(dst, word);
                    }
                    result!(dst, th.unary_op())
                }
                Op::Pos { dst, .. } | Op::Invert { dst, .. } => result!(dst, th.unary_op()),
                Op::Not { dst, src } => {
                    let operand = get!(src);
                    if let Some(truth) = truth!(operand) {
                        put!(dst, Word::bool(!truth));
                    }
                    test!(operand)
                }
                Op::Lt { dst, left, right } => compare!(dst, left, right, lt),
                Op::Le { dst, left, right } => compare!(dst, left, right, le),
                Op::Gt { dst, left, right } => compare!(dst, left, right, gt),
                Op::Ge { dst, left, right } => compare!(dst, left, right, ge),
                Op::Eq { dst, left, right } => compare!(dst, left, right, eq),
                Op::Ne { dst, left, right } => compare!(dst, left, right, ne),
                Op::Is { dst, left, right } => put!(dst, Word::bool(get!(left) == get!(right))),
                Op::IsNot { dst, left, right } => put!(dst, Word::bool(get!(left) != get!(right))),
                Op::In { dst, left, right } => contains!(dst, left, right, Word::TRUE),
                Op::NotIn { dst, left, right } => contains!(dst, left, right, Word::FALSE),
                Op::Jump { to } => go!(to),
                Op::JumpBack { to } => {
                    checkpoint!(at_loop);
                    go!(to)
                }
                Op::JumpIfTrue { cond, to } => {
                    let cond = get!(cond);
                    match truth!(cond) {
                        Some(true) => go!(to),
                        Some(false) => next!(),
                        None => test!(cond),
                    }
                }
                Op::JumpIfFalse { cond, to } => {
                    let cond = get!(cond);
                    match truth!(cond) {
                        Some(true) => next!(),
                        Some(false) => go!(to),
                        None => test!(cond),
                    }
                }
                Op::BranchLt { sense, left, right, to } => branch!(sense, to, lt(get!(left), get!(right))),
                Op::BranchLe { sense, left, right, to } => branch!(sense, to, le(get!(left), get!(right))),
                Op::BranchGt { sense, left, right, to } => branch!(sense, to, gt(get!(left), get!(right))),
                Op::BranchGe { sense, left, right, to } => branch!(sense, to, ge(get!(left), get!(right))),
                Op::BranchEq { sense, left, right, to } => branch!(sense, to, eq(get!(left), get!(right))),
                Op::BranchNe { sense, left, right, to } => branch!(sense, to, ne(get!(left), get!(right))),
                Op::BranchLtInt { sense, left, imm, to } => branch!(sense, to, lt_imm(get!(left), imm.0)),
                Op::BranchLeInt { sense, left, imm, to } => branch!(sense, to, le_imm(get!(left), imm.0)),
                Op::BranchGtInt { sense, left, imm, to } => branch!(sense, to, gt_imm(get!(left), imm.0)),
                Op::BranchGeInt { sense, left, imm, to } => branch!(sense, to, ge_imm(get!(left), imm.0)),
                Op::BranchEqInt { sense, left, imm, to } => branch!(sense, to, eq_imm(get!(left), imm.0)),
                Op::BranchNeInt { sense, left, imm, to } => branch!(sense, to, ne_imm(get!(left), imm.0)),
                Op::BranchNone { sense, src, to } => {
                    if (get!(src) == Word::NONE) == sense.0 {
                        go!(to);
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
                    iterate!(dst, iter, 1, next!(), jump!(exit))
                }
                Op::ForNext { dst, iter, body } => {
                    checkpoint!(at_loop);
                    iterate!(dst, iter, body.0 as isize, jump!(body), next!())
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

                Op::GetAttr { dst, obj, site } => {
                    shared!();
                    let object = get!(obj);
                    match cached_attribute(th, unit, object, site.0) {
                        Attribute::Value(word) => put!(dst, word),
                        Attribute::Getter(function) => slow!(th.call_getter(function, object, dst)),
                        Attribute::Method(_) | Attribute::Unknown => {
                            result!(dst, th.get_attr_op(object, site.0))
                        }
                    }
                }
                Op::LoadMethod { base, obj, site } => {
                    shared!();
                    let object = get!(obj);
                    match cached_attribute(th, unit, object, site.0) {
                        Attribute::Method(function) => {
                            set!(base, function);
                            put!(Reg(base.0 + 1), object);
                        }
                        Attribute::Value(word) => {
                            set!(base, Word::NONE_AT_ALL);
                            put!(Reg(base.0 + 1), word);
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
                    if fast_set_attribute(th, unit, object, word, site.0) {
                        next!();
                    }
                    slow!(th.set_attr_op(object, word, site.0))
                }
                Op::GetItem { dst, obj, key } => {
                    shared!();
                    if let Some(word) = fast_item(get!(obj), get!(key)) {
                        put!(dst, word);
                    }
                    if let Some(word) = fast_dict_item(th.cx(), get!(obj), th.live(get!(key))) {
                        put!(dst, word);
                    }
                    result!(dst, th.get_item(get!(obj), get!(key), Cont::Op(Stage::Twin)))
                }
                Op::SetItem { obj, key, value } => {
                    shared!();
                    let (object, index) = (get!(obj), get!(key));
                    if index.is_small()
                        && let Some(list) = list_at(object)
                        && list.set(th.cx(), index.as_small(), th.live(get!(value)))
                    {
                        next!();
                    }
                    act!(th.set_item(object, index, get!(value), Cont::Discard))
                }

                Op::BuildTuple { dst, base, count } => {
                    result!(dst, Flow::of(th.cx().tuple(th.row(base, count))))
                }
                Op::BuildList { dst, base, count } => {
                    result!(dst, Flow::of(th.cx().list(th.row(base, count))))
                }
                Op::BuildSet { dst, .. } | Op::BuildDict { dst, .. } => result!(dst, th.build_hashed_op()),
                Op::ListAppend { list, value } => {
                    match list_at(get!(list)).map(|list| list.push(th.cx(), th.live(get!(value)))) {
                        Some(Err(Raised)) => raised!(),
                        _ => next!(),
                    }
                }
                Op::SetAdd { set, value } => act!(th.set_add(get!(set), get!(value))),
                Op::DictInsert { dict, key, value } => {
                    act!(th.set_item(get!(dict), get!(key), get!(value), Cont::Discard))
                }
                Op::ListExtend { .. }
                | Op::SetUpdate { .. }
                | Op::DictUpdate { .. }
                | Op::DictMerge { .. }
                | Op::StarTuple { .. } => slow!(th.extend_op(None)),
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
                Op::CallKw { base: dst, .. }
                | Op::CallMethodKw { base: dst, .. }
                | Op::CallStar { dst, .. }
                | Op::CallSuper { dst, .. } => called!(dst, th.call_op(dst)),
                Op::Return { src } => {
                    let word = get!(src);
                    return_word!(Role::Plain, word, word)
                }
                Op::ReturnNone {} => {
                    if frame!().role == Role::Init {
                        return_word!(Role::Init, Word::NONE, frame!().companion)
                    }
                    return_word!(Role::Plain, Word::NONE, Word::NONE)
                }
                Op::Yield { src, .. } => {
                    save!();
                    after!(th.yield_value(get!(src)))
                }
                Op::YieldFrom { .. } => slow!(th.yield_from_op()),

                Op::MakeFunction { dst, .. } => result!(dst, th.make_function_op()),
                Op::ImportName { .. } => slow!(th.import_name_op()),
                Op::ImportFrom { .. }
                | Op::ImportStar { .. }
                | Op::PrepareWith { .. }
                | Op::UnpackStar { .. }
                | Op::ClearCell { .. }
                | Op::ClearFree { .. }
                | Op::DelAttr { .. }
                | Op::DelItem { .. } => {
                    shared!();
                    slow!(th.rare_op())
                }

                Op::Raise { .. } | Op::RaiseFrom { .. } | Op::RaiseAgain {} => slow!(th.raise_op()),
                Op::Reraise { exc } => {
                    th.cx().raise_value(th.live(get!(exc)));
                    raised!()
                }
                Op::MatchException { dst, .. } => result!(dst, th.match_exception_op()),
                Op::EnterHandler { exc, saved } => {
                    let exception = get!(exc);
                    put!(saved, std::mem::replace(&mut frame!().handled, exception))
                }
                Op::SaveHandler { saved } => put!(saved, frame!().handled),
                Op::LeaveHandler { saved } => {
                    frame!().handled = get!(saved);
                    next!()
                }
                Op::MakeCell { reg } => put!(reg, th.make_cell(get!(reg))),
                Op::LoadClosure { dst, .. }
                | Op::LoadGlobals { dst }
                | Op::BuildSlice { dst, .. }
                | Op::ListToTuple { dst, .. }
                | Op::LoadBuildClass { dst }
                | Op::LoadAssertionError { dst } => result!(dst, th.rare_op()),
                Op::LoadLibrary { .. } | Op::LoadExcInfo { .. } => slow!(th.rare_op()),
            }
        };
    }
}
