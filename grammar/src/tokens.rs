//! What the text is made of: one kind for every token, and the automaton that finds most of them.
//!
//! The automaton only finds where names, operators and quotes begin and end. Numbers, strings and all that depends
//! on context (indentation, brackets, f-strings) are [`layout`](crate::layout)'s.

use logos::Logos;

use crate::source::Span;

/// A token: its kind and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Token {
    /// Its kind.
    pub(crate) kind: Tok,
    /// Where it stands; empty for [`Tok::Indent`], [`Tok::Dedent`] and [`Tok::End`].
    pub(crate) span: Span,
}

/// Every kind of token. Those without an attribute are made by the layout layer.
#[derive(Logos, Clone, Copy, PartialEq, Eq, Debug)]
#[logos(skip r"[ \t\x0c]+")]
pub(crate) enum Tok {
    // Seen by the layout layer only.
    #[regex(r"#[^\r\n]*", allow_greedy = true)]
    Comment,
    #[token("\n")]
    #[token("\r")]
    #[token("\r\n")]
    LineEnd,
    #[token("\\")]
    Backslash,
    #[regex(r"[^\x00-\x7F]")]
    NonAscii,
    #[regex(r#"([rR]|[uU]|[bB]|[fF]|[rR][bB]|[bB][rR]|[fF][rR]|[rR][fF])?("""|'''|"|')"#)]
    Quote,

    // Made by the layout layer.
    Newline,
    Indent,
    Dedent,
    End,
    Str,
    FStart,
    FMiddle,
    FEnd,
    /// The `(` of `with (a, b):`, where the parentheses belong to the statement.
    WithOpen,
    /// A character that begins no token.
    Unknown,

    #[regex("[0-9]")]
    #[regex(r"\.[0-9]")]
    Number,
    #[regex("[A-Za-z_][A-Za-z0-9_]*")]
    Name,

    #[token("False")]
    False,
    #[token("None")]
    None,
    #[token("True")]
    True,
    #[token("and")]
    And,
    #[token("as")]
    As,
    #[token("assert")]
    Assert,
    #[token("async")]
    Async,
    #[token("await")]
    Await,
    #[token("break")]
    Break,
    #[token("class")]
    Class,
    #[token("continue")]
    Continue,
    #[token("def")]
    Def,
    #[token("del")]
    Del,
    #[token("elif")]
    Elif,
    #[token("else")]
    Else,
    #[token("except")]
    Except,
    #[token("finally")]
    Finally,
    #[token("for")]
    For,
    #[token("from")]
    From,
    #[token("global")]
    Global,
    #[token("if")]
    If,
    #[token("import")]
    Import,
    #[token("in")]
    In,
    #[token("is")]
    Is,
    #[token("lambda")]
    Lambda,
    #[token("nonlocal")]
    Nonlocal,
    #[token("not")]
    Not,
    #[token("or")]
    Or,
    #[token("pass")]
    Pass,
    #[token("raise")]
    Raise,
    #[token("return")]
    Return,
    #[token("try")]
    Try,
    #[token("while")]
    While,
    #[token("with")]
    With,
    #[token("yield")]
    Yield,

    #[token("(")]
    LPar,
    #[token(")")]
    RPar,
    #[token("[")]
    LSqb,
    #[token("]")]
    RSqb,
    #[token("{")]
    LBrace,
    #[token("}")]
    RBrace,
    #[token(",")]
    Comma,
    #[token(":")]
    Colon,
    #[token("!")]
    Bang,
    #[token(".")]
    Dot,
    #[token("...")]
    Ellipsis,
    #[token(";")]
    Semi,
    #[token("=")]
    Equal,
    #[token("->")]
    Arrow,
    #[token(":=")]
    Walrus,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("**")]
    DoubleStar,
    #[token("/")]
    Slash,
    #[token("//")]
    DoubleSlash,
    #[token("%")]
    Percent,
    #[token("@")]
    At,
    #[token("<<")]
    LShift,
    #[token(">>")]
    RShift,
    #[token("&")]
    Amper,
    #[token("|")]
    VBar,
    #[token("^")]
    Caret,
    #[token("~")]
    Tilde,
    #[token("<")]
    Less,
    #[token(">")]
    Greater,
    #[token("<=")]
    LessEqual,
    #[token(">=")]
    GreaterEqual,
    #[token("==")]
    EqEqual,
    #[token("!=")]
    NotEqual,
    /// `<>`, which no rule takes.
    #[token("<>")]
    LessGreater,
    #[token("+=")]
    PlusEqual,
    #[token("-=")]
    MinusEqual,
    #[token("*=")]
    StarEqual,
    #[token("/=")]
    SlashEqual,
    #[token("//=")]
    DoubleSlashEqual,
    #[token("%=")]
    PercentEqual,
    #[token("@=")]
    AtEqual,
    #[token("&=")]
    AmperEqual,
    #[token("|=")]
    VBarEqual,
    #[token("^=")]
    CaretEqual,
    #[token(">>=")]
    RShiftEqual,
    #[token("<<=")]
    LShiftEqual,
    #[token("**=")]
    DoubleStarEqual,
}

impl Tok {
    /// Whether its text reads like a name (a name or a keyword).
    pub(crate) fn is_word(self) -> bool {
        (Tok::Name as u8..=Tok::Yield as u8).contains(&(self as u8))
    }

    /// Whether it is `+=` or one of its kin.
    pub(crate) fn is_augmented_assignment(self) -> bool {
        (Tok::PlusEqual as u8..=Tok::DoubleStarEqual as u8).contains(&(self as u8))
    }
}

const _: () = assert!(size_of::<Token>() == 12);
