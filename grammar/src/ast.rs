//! The syntax tree, shaped and named after CPython's `ast` module.
//!
//! Plain data: nothing here knows what a name means or what runs it. Every expression carries its nesting
//! depth, which the parser keeps under a limit, so that a recursive walk over a tree never overflows a stack.

use smol_str::SmolStr;

use crate::source::Span;

/// An identifier, normalised to NFKC as CPython does. Short ones take no allocation.
pub type Name = SmolStr;

/// A whole file.
#[derive(Debug)]
pub struct Module {
    /// The statements at top level.
    pub body: Vec<Stmt>,
}

/// A statement and where it stands.
#[derive(Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// From its first to its last token (of a compound statement: to the end of its last suite).
    pub span: Span,
}

/// Every statement.
#[derive(Debug)]
#[expect(missing_docs, reason = "the variants and fields are those of CPython's ast module")]
pub enum StmtKind {
    Expr(Expr),
    Assign {
        targets: Vec<Expr>,
        value: Expr,
    },
    AugAssign {
        target: Expr,
        op: BinOp,
        value: Expr,
    },
    /// `simple` is true for a bare name not in parentheses.
    AnnAssign {
        target: Expr,
        annotation: Expr,
        value: Option<Expr>,
        simple: bool,
    },
    Return(Option<Expr>),
    Delete(Vec<Expr>),
    Pass,
    Break,
    Continue,
    Global(Vec<Ident>),
    Nonlocal(Vec<Ident>),
    Raise {
        exc: Option<Expr>,
        cause: Option<Expr>,
    },
    Assert {
        test: Expr,
        msg: Option<Expr>,
    },
    Import(Vec<Alias>),
    /// `level` counts the leading dots.
    ImportFrom {
        module: Option<Ident>,
        names: ImportNames,
        level: u32,
    },
    If {
        test: Expr,
        body: Vec<Stmt>,
        orelse: Vec<Stmt>,
    },
    While {
        test: Expr,
        body: Vec<Stmt>,
        orelse: Vec<Stmt>,
    },
    For {
        target: Expr,
        iter: Expr,
        body: Vec<Stmt>,
        orelse: Vec<Stmt>,
    },
    With {
        items: Vec<WithItem>,
        body: Vec<Stmt>,
    },
    /// `star` marks `except*`.
    Try {
        body: Vec<Stmt>,
        handlers: Vec<ExceptHandler>,
        orelse: Vec<Stmt>,
        finalbody: Vec<Stmt>,
        star: bool,
    },
    FunctionDef(Box<FunctionDef>),
    ClassDef(Box<ClassDef>),
}

/// A name and where it stands.
#[derive(Debug, Clone)]
pub struct Ident {
    /// The identifier (dotted in `import a.b`).
    pub name: Name,
    /// Where it stands.
    pub span: Span,
}

/// One `a.b as c` of an import.
#[derive(Debug)]
pub struct Alias {
    /// The (dotted) name that is imported.
    pub name: Ident,
    /// The name it is bound to, if another.
    pub asname: Option<Ident>,
}

/// What a `from` import binds.
#[derive(Debug)]
pub enum ImportNames {
    /// `from m import *`, with the place of the star.
    Star(Span),
    /// `from m import a, b as c`.
    Names(Vec<Alias>),
}

/// One item of a `with` statement.
#[derive(Debug)]
pub struct WithItem {
    /// The context manager.
    pub context: Expr,
    /// What `as` binds.
    pub target: Option<Expr>,
}

/// One `except` clause.
#[derive(Debug)]
pub struct ExceptHandler {
    /// The class or tuple of classes; absent in a bare `except:`.
    pub typ: Option<Expr>,
    /// The name `as` binds.
    pub name: Option<Ident>,
    /// The suite.
    pub body: Vec<Stmt>,
    /// From `except` to the end of the suite.
    pub span: Span,
}

/// `def`.
#[derive(Debug)]
pub struct FunctionDef {
    /// Its name.
    pub name: Ident,
    /// Its type parameters.
    pub type_params: Vec<TypeParam>,
    /// Its parameters.
    pub params: Params,
    /// The suite.
    pub body: Vec<Stmt>,
    /// Expressions behind `@`, outermost first.
    pub decorators: Vec<Expr>,
    /// The annotation behind `->`.
    pub returns: Option<Expr>,
}

/// `class`.
#[derive(Debug)]
pub struct ClassDef {
    /// Its name.
    pub name: Ident,
    /// Its type parameters.
    pub type_params: Vec<TypeParam>,
    /// Positional and keyword arguments in source order.
    pub args: Vec<Arg>,
    /// The suite.
    pub body: Vec<Stmt>,
    /// Expressions behind `@`, outermost first.
    pub decorators: Vec<Expr>,
}

/// A type parameter: `T: bound = default`, `*Ts = default`, `**P = default`.
#[derive(Debug)]
pub struct TypeParam {
    /// What it is.
    pub kind: TypeParamKind,
    /// Its name.
    pub name: Ident,
    /// The bound of a type variable; a tuple display holds its constraints.
    pub bound: Option<Expr>,
    /// Its default.
    pub default: Option<Expr>,
    /// From its star or name to the end.
    pub span: Span,
}

/// What a type parameter stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in CPython's ast module")]
pub enum TypeParamKind {
    TypeVar,
    ParamSpec,
    TypeVarTuple,
}

/// The parameters of a function or lambda.
#[derive(Debug, Default)]
pub struct Params {
    /// Parameters before `/`.
    pub posonly: Vec<Param>,
    /// Parameters that may be given by position or name.
    pub args: Vec<Param>,
    /// `*args`.
    pub vararg: Option<Param>,
    /// Parameters behind `*` or `*args`.
    pub kwonly: Vec<Param>,
    /// `**kwargs`.
    pub kwarg: Option<Param>,
}

/// One parameter.
#[derive(Debug)]
pub struct Param {
    /// Its name.
    pub name: Ident,
    /// Its annotation.
    pub annotation: Option<Expr>,
    /// Its default value.
    pub default: Option<Expr>,
}

/// An expression, where it stands, and how deep it nests.
#[derive(Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// From its first to its last token, enclosing parentheses left out (as in CPython's ast).
    pub span: Span,
    /// Height of the tree below, kept at most [`MAX_DEPTH`](crate::MAX_DEPTH).
    pub depth: u16,
    /// Whether the source encloses it in parentheses.
    pub parenthesized: bool,
}

/// Every expression.
#[derive(Debug)]
#[expect(missing_docs, reason = "the variants and fields are those of CPython's ast module")]
pub enum ExprKind {
    Constant(Constant),
    Name(Name),
    JoinedStr(Vec<FStringPart>),
    /// `values` are two or more.
    BoolOp {
        op: BoolOp,
        values: Vec<Expr>,
    },
    /// `:=`.
    NamedExpr {
        target: Ident,
        value: Box<Expr>,
    },
    BinOp {
        left: Box<Expr>,
        op: BinOp,
        right: Box<Expr>,
    },
    UnaryOp {
        op: UnaryOp,
        operand: Box<Expr>,
    },
    Lambda {
        params: Box<Params>,
        body: Box<Expr>,
    },
    IfExp {
        test: Box<Expr>,
        body: Box<Expr>,
        orelse: Box<Expr>,
    },
    /// A `None` key is `**value`.
    Dict(Vec<(Option<Expr>, Expr)>),
    Set(Vec<Expr>),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    ListComp {
        elt: Box<Expr>,
        generators: Vec<Comprehension>,
    },
    SetComp {
        elt: Box<Expr>,
        generators: Vec<Comprehension>,
    },
    DictComp {
        key: Box<Expr>,
        value: Box<Expr>,
        generators: Vec<Comprehension>,
    },
    GeneratorExp {
        elt: Box<Expr>,
        generators: Vec<Comprehension>,
    },
    Yield(Option<Box<Expr>>),
    YieldFrom(Box<Expr>),
    /// `left op0 comparators[0] op1 comparators[1] …`, one or more.
    Compare {
        left: Box<Expr>,
        ops: Vec<CmpOp>,
        comparators: Vec<Expr>,
    },
    Call {
        func: Box<Expr>,
        args: Vec<Arg>,
    },
    Attribute {
        value: Box<Expr>,
        attr: Ident,
    },
    Subscript {
        value: Box<Expr>,
        slice: Box<Expr>,
    },
    Starred(Box<Expr>),
    Slice {
        lower: Option<Box<Expr>>,
        upper: Option<Box<Expr>>,
        step: Option<Box<Expr>>,
    },
}

/// One argument of a call or class statement, in source order.
#[derive(Debug)]
pub enum Arg {
    /// By position; may be [`ExprKind::Starred`].
    Positional(Expr),
    /// `name=value`.
    Keyword(Ident, Expr),
    /// `**mapping`.
    DoubleStarred(Expr),
}

/// One `for … in … if …` of a comprehension.
#[derive(Debug)]
pub struct Comprehension {
    /// What is bound each time round.
    pub target: Expr,
    /// What is iterated.
    pub iter: Expr,
    /// The conditions, in order.
    pub ifs: Vec<Expr>,
}

/// A piece of an f-string.
#[derive(Debug)]
pub enum FStringPart {
    /// Literal text, WTF-8 (see [`Constant::Str`]); adjacent pieces are joined.
    Literal(Box<[u8]>),
    /// `{value!conversion:spec}`; the text of `{value=}` has become a `Literal` before it.
    Replacement {
        /// The expression.
        value: Box<Expr>,
        /// `!s`, `!r` or `!a` (an `=` without a format spec has become `!r`).
        conversion: Conversion,
        /// The pieces of the format spec; absent where there is no colon.
        spec: Option<Vec<FStringPart>>,
        /// From `{` to `}`.
        span: Span,
    },
}

/// The conversion of a replacement field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// None given.
    None,
    /// `!s`
    Str,
    /// `!r`
    Repr,
    /// `!a`
    Ascii,
}

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// `None`
    None,
    /// `True`
    True,
    /// `False`
    False,
    /// `...`
    Ellipsis,
    /// An integer that fits.
    Int(i64),
    /// An integer that does not: its digits without underscores or prefix, in lower case, and their radix.
    BigInt {
        /// The digits.
        digits: Box<str>,
        /// 2, 8, 10 or 16.
        radix: u32,
    },
    /// A float.
    Float(f64),
    /// The imaginary part of a complex number whose real part is zero.
    Imaginary(f64),
    /// A string as WTF-8: UTF-8 in which a lone surrogate may stand, encoded in three bytes.
    Str(Box<[u8]>),
    /// A bytes literal.
    Bytes(Box<[u8]>),
}

/// `and`, `or`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in CPython's ast module")]
pub enum BoolOp {
    And,
    Or,
}

/// Binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in CPython's ast module")]
pub enum BinOp {
    Add,
    Sub,
    Mult,
    MatMult,
    Div,
    Mod,
    Pow,
    LShift,
    RShift,
    BitOr,
    BitXor,
    BitAnd,
    FloorDiv,
}

/// Unary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in CPython's ast module")]
pub enum UnaryOp {
    Invert,
    Not,
    UAdd,
    USub,
}

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in CPython's ast module")]
pub enum CmpOp {
    Eq,
    NotEq,
    Lt,
    LtE,
    Gt,
    GtE,
    Is,
    IsNot,
    In,
    NotIn,
}
