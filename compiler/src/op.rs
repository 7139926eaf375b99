//! The op table: every instruction once, with its meaning, its operands and its effect.
//!
//! `R[a]` is a register of the running frame's window. An op is eight bytes. Where an op may run code of the user's
//! (an overloaded operator, a property, an iterator), the virtual machine pushes a frame and its result arrives
//! as if the op had produced it. An op reads all its operands before it writes: a destination may also be a source.

use crate::pack::{Malformed, Pack, Packer, Unpacker};

/// What an op may do to what other threads see; it decides where `--checkpoints op` puts a checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Touches the thread's own registers only.
    Local,
    /// May read or write what another thread sees: a checkpoint stands before it.
    Shared,
    /// Hands control to another frame; the callee's entry is a checkpoint.
    Sync,
    /// Local for numbers, shared for objects: it decides in its slow path, before any effect.
    ByType,
}

/// A register of the frame's window.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Reg(pub u16);

/// An index into the constants of a [`Code`](crate::Code).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ConstIx(pub u32);

/// An index into the names of a [`Code`](crate::Code).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NameIx(pub u16);

/// A place with an inline cache of its own, and the name it looks up: an index into `Code::sites`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Site(pub u16);

/// An index into the keyword-name lists of a [`Code`](crate::Code).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KwNames(pub u16);

/// An index into the import specifications of a [`Code`](crate::Code).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ImportIx(pub u16);

/// An index into the functions and class bodies nested in a [`Code`](crate::Code).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ChildIx(pub u16);

/// An index into the free variables of a [`Code`](crate::Code).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FreeIx(pub u16);

/// The index of the op to go on with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Label(pub u32);

/// A distance in ops, counted from the op that carries it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Offset(pub i16);

/// How many.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Count(pub u16);

/// A small integer operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Imm(pub i16);

/// An integer operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WideImm(pub i32);

/// Whether a binary operator stands in an augmented assignment (`+=`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Form {
    Plain,
    InPlace,
}

/// Which outcome of a test jumps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Sense(pub bool);

/// The conversion of a replacement field.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
#[expect(missing_docs, reason = "named after !s, !r, !a")]
pub enum Convert {
    None,
    Str,
    Repr,
    Ascii,
}

/// Which optional parts stand in the registers that [`Op::MakeFunction`] reads, in this order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct FunctionParts(pub u8);

impl FunctionParts {
    /// A tuple of positional defaults.
    pub const DEFAULTS: u8 = 1;
    /// A dict of keyword-only defaults.
    pub const KW_DEFAULTS: u8 = 2;
    /// A dict of annotations.
    pub const ANNOTATIONS: u8 = 4;
    /// A tuple of cells.
    pub const CLOSURE: u8 = 8;
}

/// How many targets stand behind the star of an unpacking.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct After(pub u8);

/// One operand as the disassembler shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "one variant an operand type")]
pub enum Operand {
    Reg(Reg),
    Const(ConstIx),
    Name(NameIx),
    Site(Site),
    KwNames(KwNames),
    Import(ImportIx),
    Child(ChildIx),
    Free(FreeIx),
    Label(Label),
    Offset(Offset),
    Count(Count),
    Int(i32),
    Form(Form),
    Sense(bool),
    Convert(Convert),
    Parts(FunctionParts),
}

macro_rules! operand_from {
    ($($type:ident => $make:expr;)*) => {
        $(impl From<$type> for Operand {
            fn from(value: $type) -> Operand { ($make)(value) }
        })*
    };
}

operand_from! {
    Reg => Operand::Reg;
    ConstIx => Operand::Const;
    NameIx => Operand::Name;
    Site => Operand::Site;
    KwNames => Operand::KwNames;
    ImportIx => Operand::Import;
    ChildIx => Operand::Child;
    FreeIx => Operand::Free;
    Label => Operand::Label;
    Offset => Operand::Offset;
    Count => Operand::Count;
    Imm => |v: Imm| Operand::Int(v.0.into());
    WideImm => |v: WideImm| Operand::Int(v.0);
    After => |v: After| Operand::Int(v.0.into());
    Form => Operand::Form;
    Sense => |v: Sense| Operand::Sense(v.0);
    Convert => Operand::Convert;
    FunctionParts => Operand::Parts;
}

macro_rules! ops {
    ($($(#[doc = $doc:literal])+ $name:ident { $($field:ident: $type:ident),* } $effect:ident;)*) => {
        /// One instruction.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        #[expect(missing_docs, reason = "the operands are named as the notation in each op's line names them")]
        pub enum Op {
            $($(#[doc = $doc])+ $name { $($field: $type),* },)*
        }

        impl Op {
            /// Its name.
            pub fn name(&self) -> &'static str {
                match self { $(Op::$name { .. } => stringify!($name),)* }
            }

            /// What it may do to what other threads see.
            pub fn effect(&self) -> Effect {
                match self { $(Op::$name { .. } => Effect::$effect,)* }
            }

            /// What it does, in the notation of the table.
            pub fn meaning(&self) -> &'static str {
                match self { $(Op::$name { .. } => concat!($($doc),+).trim_ascii(),)* }
            }

            /// The register its result goes to: its operand `dst`.
            #[inline]
            pub fn dst(&self) -> Option<Reg> {
                match *self {
                    $(Op::$name { $($field),* } => {
                        $(if stringify!($field) == "dst" && let Operand::Reg(reg) = Operand::from($field) {
                            return Some(reg);
                        })*
                        None
                    })*
                }
            }

            /// Its operands with their names, in the table's order.
            pub fn operands(&self) -> Vec<(&'static str, Operand)> {
                match *self { $(Op::$name { $($field),* } => vec![$((stringify!($field), $field.into())),*],)* }
            }
        }

        /// The byte that a packed op begins with: its place in the table.
        #[repr(u8)]
        enum Tag { $($name),* }

        impl Pack for Op {
            fn pack(&self, out: &mut Packer) {
                match self {
                    $(Op::$name { $($field),* } => {
                        out.byte(Tag::$name as u8);
                        $($field.pack(out);)*
                    })*
                }
            }

            #[inline]
            fn unpack(input: &mut Unpacker<'_, '_>) -> Result<Op, Malformed> {
                let tag = input.byte()?;
                $(if tag == Tag::$name as u8 {
                    return Ok(Op::$name { $($field: Pack::unpack(input)?),* });
                })*
                Err(Malformed)
            }
        }
    };
}

ops! {
    // Registers and constants.

    /// `R[dst] := R[src]`
    Move { dst: Reg, src: Reg } Local;
    /// `R[dst] := consts[value]`
    LoadConst { dst: Reg, value: ConstIx } Local;
    /// `R[dst] := value`
    LoadInt { dst: Reg, value: WideImm } Local;
    /// `R[dst] := None`
    LoadNone { dst: Reg } Local;
    /// `R[dst] := unbound` (`del` of a local)
    Unbind { dst: Reg } Local;
    /// raise UnboundLocalError for `name` if `R[src]` is unbound
    CheckLocal { src: Reg, name: NameIx } Local;

    // Cells of closures.

    /// `R[reg] := cell(R[reg])`; the cell is empty if `R[reg]` is unbound
    MakeCell { reg: Reg } Local;
    /// `R[dst] := R[cell].value`; raise UnboundLocalError for `name` if it is empty
    LoadCell { dst: Reg, cell: Reg, name: NameIx } Shared;
    /// `R[cell].value := R[src]`
    StoreCell { cell: Reg, src: Reg } Shared;
    /// empty `R[cell]`; raise UnboundLocalError for `name` if it is empty
    ClearCell { cell: Reg, name: NameIx } Shared;
    /// `R[dst] := closure[free].value`; raise NameError if it is empty
    LoadFree { dst: Reg, free: FreeIx } Shared;
    /// `closure[free].value := R[src]`
    StoreFree { free: FreeIx, src: Reg } Shared;
    /// empty `closure[free]`; raise NameError if it is empty
    ClearFree { free: FreeIx } Shared;
    /// `R[dst] := closure[free]`, the cell itself
    LoadClosure { dst: Reg, free: FreeIx } Local;

    // Globals and the namespace of a class body.

    /// `R[dst] := globals[name of site]`, else the built-in of that name
    LoadGlobal { dst: Reg, site: Site } Shared;
    /// `globals[name of site] := R[src]`
    StoreGlobal { src: Reg, site: Site } Shared;
    /// `del globals[name of site]`
    DeleteGlobal { site: Site } Shared;
    /// `R[dst] := globals`, the dict itself
    LoadGlobals { dst: Reg } Local;
    /// `R[dst] := R[ns][name of site]`, else as LoadGlobal
    LoadName { dst: Reg, ns: Reg, site: Site } Shared;
    /// `R[dst] := R[ns][name of free]`, else as LoadFree
    LoadNameOrFree { dst: Reg, ns: Reg, free: FreeIx } Shared;
    /// `R[ns][name] := R[src]`
    StoreName { ns: Reg, src: Reg, name: NameIx } Shared;
    /// `del R[ns][name]`; raise NameError if there is none
    DeleteName { ns: Reg, name: NameIx } Shared;
    /// `R[dst] := R[ns]["__annotations__"]`, a new dict if there is none
    LoadAnnotations { dst: Reg, ns: Reg } Shared;

    // Operators.

    /// `R[dst] := R[left] + R[right]`
    Add { form: Form, dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] - R[right]`
    Sub { form: Form, dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] * R[right]`
    Mul { form: Form, dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] @ R[right]`
    MatMul { form: Form, dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] / R[right]`
    Div { form: Form, dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] // R[right]`
    FloorDiv { form: Form, dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] % R[right]`
    Mod { form: Form, dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] ** R[right]`
    Pow { form: Form, dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] << R[right]`
    LShift { form: Form, dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] >> R[right]`
    RShift { form: Form, dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] & R[right]`
    BitAnd { form: Form, dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] | R[right]`
    BitOr { form: Form, dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] ^ R[right]`
    BitXor { form: Form, dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] + imm`
    AddInt { form: Form, dst: Reg, left: Reg, imm: Imm } ByType;
    /// `R[dst] := R[left] - imm`
    SubInt { form: Form, dst: Reg, left: Reg, imm: Imm } ByType;
    /// `R[dst] := -R[src]`
    Neg { dst: Reg, src: Reg } ByType;
    /// `R[dst] := +R[src]`
    Pos { dst: Reg, src: Reg } ByType;
    /// `R[dst] := ~R[src]`
    Invert { dst: Reg, src: Reg } ByType;
    /// `R[dst] := not R[src]`
    Not { dst: Reg, src: Reg } ByType;

    // Comparisons.

    /// `R[dst] := R[left] < R[right]`
    Lt { dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] <= R[right]`
    Le { dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] > R[right]`
    Gt { dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] >= R[right]`
    Ge { dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] == R[right]`
    Eq { dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] != R[right]`
    Ne { dst: Reg, left: Reg, right: Reg } ByType;
    /// `R[dst] := R[left] is R[right]`
    Is { dst: Reg, left: Reg, right: Reg } Local;
    /// `R[dst] := R[left] is not R[right]`
    IsNot { dst: Reg, left: Reg, right: Reg } Local;
    /// `R[dst] := R[left] in R[right]`
    In { dst: Reg, left: Reg, right: Reg } Shared;
    /// `R[dst] := R[left] not in R[right]`
    NotIn { dst: Reg, left: Reg, right: Reg } Shared;

    // Jumps. Only JumpBack and ForNext go backward; they are checkpoints in every mode.

    /// go to `to`, which is further on
    Jump { to: Label } Local;
    /// go back to `to`
    JumpBack { to: Label } Sync;
    /// go to `to` if `R[cond]` is true
    JumpIfTrue { cond: Reg, to: Label } ByType;
    /// go to `to` if `R[cond]` is false
    JumpIfFalse { cond: Reg, to: Label } ByType;
    /// go `to` if `(R[left] < R[right])` is `sense`
    BranchLt { sense: Sense, left: Reg, right: Reg, to: Offset } ByType;
    /// go `to` if `(R[left] <= R[right])` is `sense`
    BranchLe { sense: Sense, left: Reg, right: Reg, to: Offset } ByType;
    /// go `to` if `(R[left] > R[right])` is `sense`
    BranchGt { sense: Sense, left: Reg, right: Reg, to: Offset } ByType;
    /// go `to` if `(R[left] >= R[right])` is `sense`
    BranchGe { sense: Sense, left: Reg, right: Reg, to: Offset } ByType;
    /// go `to` if `(R[left] == R[right])` is `sense`
    BranchEq { sense: Sense, left: Reg, right: Reg, to: Offset } ByType;
    /// go `to` if `(R[left] != R[right])` is `sense`
    BranchNe { sense: Sense, left: Reg, right: Reg, to: Offset } ByType;
    /// go `to` if `(R[left] < imm)` is `sense`
    BranchLtInt { sense: Sense, left: Reg, imm: Imm, to: Offset } ByType;
    /// go `to` if `(R[left] <= imm)` is `sense`
    BranchLeInt { sense: Sense, left: Reg, imm: Imm, to: Offset } ByType;
    /// go `to` if `(R[left] > imm)` is `sense`
    BranchGtInt { sense: Sense, left: Reg, imm: Imm, to: Offset } ByType;
    /// go `to` if `(R[left] >= imm)` is `sense`
    BranchGeInt { sense: Sense, left: Reg, imm: Imm, to: Offset } ByType;
    /// go `to` if `(R[left] == imm)` is `sense`
    BranchEqInt { sense: Sense, left: Reg, imm: Imm, to: Offset } ByType;
    /// go `to` if `(R[left] != imm)` is `sense`
    BranchNeInt { sense: Sense, left: Reg, imm: Imm, to: Offset } ByType;
    /// go to `to` if `(R[src] is None)` is `sense`
    BranchNone { sense: Sense, src: Reg, to: Label } Local;
    /// go `to` if `(R[left] is R[right])` is `sense`
    BranchIs { sense: Sense, left: Reg, right: Reg, to: Offset } Local;

    // Iteration.

    /// `R[dst] := iter(R[src])`
    GetIter { dst: Reg, src: Reg } Shared;
    /// `R[dst] := next(R[iter])`, or go `exit` with `R[dst]` as it was
    ForIter { dst: Reg, iter: Reg, exit: Offset } Shared;
    /// `R[dst] := next(R[iter])` and go back to `body`, or go on with `R[dst]` as it was
    ForNext { dst: Reg, iter: Reg, body: Offset } Sync;
    /// `R[base..base+count] := R[src]`, unpacked; they may be locals, so none is written before all are there
    Unpack { src: Reg, base: Reg, count: Count } Shared;
    /// `R[base..base+before], R[base+before] (a list), then `after` more := R[src]`, unpacked round the star
    UnpackStar { after: After, src: Reg, base: Reg, before: Count } Shared;

    // Attributes and items.

    /// `R[dst] := R[obj].name of site`
    GetAttr { dst: Reg, obj: Reg, site: Site } Shared;
    /// `R[obj].name of site := R[value]`
    SetAttr { obj: Reg, value: Reg, site: Site } Shared;
    /// `del R[obj].name of site`
    DelAttr { obj: Reg, site: Site } Shared;
    /// `R[base], R[base+1] := function, R[obj]` if the attribute is a method, else `unbound, R[obj].name of site`
    LoadMethod { base: Reg, obj: Reg, site: Site } Shared;
    /// `R[dst] := R[obj][R[key]]`
    GetItem { dst: Reg, obj: Reg, key: Reg } Shared;
    /// `R[obj][R[key]] := R[value]`
    SetItem { obj: Reg, key: Reg, value: Reg } Shared;
    /// `del R[obj][R[key]]`
    DelItem { obj: Reg, key: Reg } Shared;
    /// `R[dst] := slice(R[base], R[base+1], R[base+2])`
    BuildSlice { dst: Reg, base: Reg } Local;

    // Displays and strings.

    /// `R[dst] := (R[base], …)` of `count` items
    BuildTuple { dst: Reg, base: Reg, count: Count } Local;
    /// `R[dst] := [R[base], …]` of `count` items
    BuildList { dst: Reg, base: Reg, count: Count } Local;
    /// `R[dst] := {R[base], …}` of `count` items
    BuildSet { dst: Reg, base: Reg, count: Count } ByType;
    /// `R[dst] := {R[base]: R[base+1], …}` of `count` pairs
    BuildDict { dst: Reg, base: Reg, count: Count } ByType;
    /// append `R[value]` to the list `R[list]`, which only this frame knows
    ListAppend { list: Reg, value: Reg } Local;
    /// append the items of `R[items]` to the list `R[list]`, which only this frame knows
    ListExtend { list: Reg, items: Reg } Shared;
    /// add `R[value]` to the set `R[set]`, which only this frame knows
    SetAdd { set: Reg, value: Reg } ByType;
    /// add the items of `R[items]` to the set `R[set]`, which only this frame knows
    SetUpdate { set: Reg, items: Reg } Shared;
    /// `R[dict][R[key]] := R[value]` in a dict that only this frame knows
    DictInsert { dict: Reg, key: Reg, value: Reg } ByType;
    /// insert the items of the mapping `R[items]` (`**` in a display) into the dict `R[dict]`
    DictUpdate { dict: Reg, items: Reg } Shared;
    /// the same for `**` in a call: raise TypeError for a name given twice or not a str; `R[func]` names the callee
    DictMerge { dict: Reg, items: Reg, func: Reg } Shared;
    /// `R[dst] := tuple(R[src])` of a list that only this frame knows
    ListToTuple { dst: Reg, src: Reg } Local;
    /// `R[dst] := tuple(R[src])` for the only `*` of a call; a tuple stays itself; `R[func]` names the callee in the error
    StarTuple { dst: Reg, src: Reg, func: Reg } Shared;
    /// `R[dst] := format(convert(R[src]), "")`
    Format { convert: Convert, dst: Reg, src: Reg } ByType;
    /// `R[dst] := format(convert(R[src]), R[spec])`
    FormatSpec { convert: Convert, dst: Reg, src: Reg, spec: Reg } ByType;
    /// `R[dst] :=` the `count` strings `R[base], …` joined
    BuildString { dst: Reg, base: Reg, count: Count } Local;

    // Calls. Arguments stand in consecutive registers, where the callee's window begins.

    /// `R[dst] := R[base](R[base+1], …)` with `argc` arguments
    Call { dst: Reg, base: Reg, argc: Count } Sync;
    /// `R[dst] := R[base](R[base+1], R[base+2], …)`, or `R[base+1](R[base+2], …)` if `R[base]` is unbound; `argc` without self
    CallMethod { dst: Reg, base: Reg, argc: Count } Sync;
    /// `R[base] := R[base](R[base+1], …)` with `argc` arguments, the last of them by the names `names`
    CallKw { base: Reg, argc: Count, names: KwNames } Sync;
    /// CallMethod with keywords, as CallKw; the result goes to `R[base]`
    CallMethodKw { base: Reg, argc: Count, names: KwNames } Sync;
    /// `R[dst] := R[base](*R[base+1], **R[base+2])`; `R[base+1]` is a tuple, `R[base+2]` a dict or unbound
    CallStar { dst: Reg, base: Reg } Sync;
    /// `R[dst] := super()` in a method: `R[base]` is what `super` names, `R[base+1]` the class, `R[base+2]` the first argument
    CallSuper { dst: Reg, base: Reg } Sync;
    /// return `R[src]`
    Return { src: Reg } Sync;
    /// return None
    ReturnNone { } Sync;
    /// yield `R[src]`; `R[dst] :=` what is sent
    Yield { dst: Reg, src: Reg } Sync;
    /// `R[dst] := iter(R[src])` as `yield from` wants it: a generator stays itself
    GetYieldFromIter { dst: Reg, src: Reg } Shared;
    /// send `R[dst]` (None at first) to `R[iter]`; yield what it yields and come back here; at its end `R[dst] :=` its value
    YieldFrom { dst: Reg, iter: Reg } Sync;

    // Functions, classes, modules.

    /// `R[dst] := function(children[code])` with the parts that stand at `R[base], …`
    MakeFunction { parts: FunctionParts, dst: Reg, base: Reg, code: ChildIx } Local;
    /// `R[dst] :=` the function `name` of the library
    LoadLibrary { dst: Reg, name: NameIx } Local;
    /// `R[dst] := __build_class__`
    LoadBuildClass { dst: Reg } Local;
    /// `R[dst] :=` the module that `imports[import]` names
    ImportName { dst: Reg, import: ImportIx } Sync;
    /// `R[dst] := R[module].name`, or the submodule of that name; raise ImportError if there is none
    ImportFrom { dst: Reg, module: Reg, name: NameIx } Shared;
    /// bind the public names of `R[module]` in the globals
    ImportStar { module: Reg } Shared;

    // Exceptions.

    /// raise `R[exc]`
    Raise { exc: Reg } Sync;
    /// raise `R[exc]` from `R[cause]`
    RaiseFrom { exc: Reg, cause: Reg } Sync;
    /// raise the exception being handled; RuntimeError if there is none
    RaiseAgain { } Sync;
    /// raise `R[exc]` on: its traceback gets no new entry for this frame
    Reraise { exc: Reg } Sync;
    /// `R[saved] :=` the frame's exception being handled; it becomes `R[exc]`
    EnterHandler { exc: Reg, saved: Reg } Local;
    /// `R[saved] :=` the frame's exception being handled, which stays
    SaveHandler { saved: Reg } Local;
    /// the frame's exception being handled becomes `R[saved]`
    LeaveHandler { saved: Reg } Local;
    /// `R[dst] :=` whether `R[exc]` is an instance of the class, or of one in the tuple, `R[class]`
    MatchException { dst: Reg, exc: Reg, class: Reg } ByType;
    /// `R[dst] := AssertionError`
    LoadAssertionError { dst: Reg } Local;
    /// `R[base], R[base+1] :=` the `__exit__` of `R[ctx]` and `R[base+2], R[base+3] :=` its `__enter__`, each as LoadMethod does
    PrepareWith { ctx: Reg, base: Reg } Shared;
    /// `R[base], R[base+1], R[base+2] := type(R[exc]), R[exc], R[exc].__traceback__`
    LoadExcInfo { base: Reg, exc: Reg } Local;
}

const _: () = assert!(size_of::<Op>() == 8);
