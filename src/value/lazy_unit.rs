//! Units that wait for their first call: a library's functions are many, and a program calls few of them.
//!
//! A [`LazyUnit`] has the names of its code, which a function shows without being called. What else there is, the [`Unit`],
//! is made in its place when somebody asks for the first time; whoever comes meanwhile waits, which is short: loading
//! allocates, but it neither calls back nor comes to a checkpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use minipy_compiler::{Code, Const, Packed};
use minipy_grammar::ast::Name;
use once_cell::sync::OnceCell;

use crate::heap::Value;

use super::builtin::Builtin;
use super::context::{Context, Raised, Res};
use super::set::Set;
use super::unit::{Unit, UnitParts};
use super::{bytes, complex, int};

/// The unit of some code, once it is loaded.
pub struct LazyUnit {
    /// How many arguments a call by position fills just as they stand; [`NOT_PLAIN`] where more is to be done, as long as
    /// the unit is not loaded in any case.
    plain_params: AtomicU32,
    unit: OnceCell<Unit>,
    origin: Origin,
    hidden: bool,
    is_library: bool,
}

/// What a unit is made of.
#[derive(Clone)]
pub enum Origin {
    /// Code that was compiled just now.
    Code(Arc<Code>),
    /// Code of the library.
    Packed(Packed<'static>),
}

const NOT_PLAIN: u32 = u32::MAX;

impl Origin {
    /// The name of the text it was made from.
    pub fn source_name(&self) -> &str {
        match self {
            Origin::Code(code) => code.source.name(),
            Origin::Packed(packed) => packed.source().name(),
        }
    }

    fn names(&self) -> [&str; 2] {
        match self {
            Origin::Code(code) => [&code.name, &code.qualname],
            // What is damaged says so when it is loaded.
            Origin::Packed(packed) => packed.names().unwrap_or_default(),
        }
    }

    /// The code, and those nested in it.
    fn open(&self, cx: &Context) -> Result<(Arc<Code>, Vec<Origin>), Raised> {
        match self {
            Origin::Code(code) => {
                Ok((code.clone(), code.children.iter().cloned().map(Origin::Code).collect()))
            }
            Origin::Packed(packed) => {
                let opened = packed.open().map_err(|_| {
                    cx.raise(Builtin::SystemError, "the library was built by another compiler")
                })?;
                let children = opened.children.into_iter().map(Origin::Packed).collect();
                Ok((Arc::new(opened.code), children))
            }
        }
    }
}

impl LazyUnit {
    /// A unit that is not loaded yet.
    pub fn new(origin: Origin, hidden: bool, is_library: bool) -> LazyUnit {
        let (plain_params, unit) = (AtomicU32::new(NOT_PLAIN), OnceCell::new());
        LazyUnit { plain_params, unit, origin, hidden, is_library }
    }

    /// The unit, if it is loaded.
    pub fn get(&self) -> Option<&Unit> {
        self.unit.get()
    }

    /// The unit, if it is loaded and takes so many arguments by position just as they stand.
    #[inline(always)]
    pub fn plain(&self, arguments: usize) -> Option<&Unit> {
        if self.plain_params.load(Ordering::Acquire) as usize != arguments {
            return None;
        }
        // SAFETY: the number is that of no call until it is stored, by a release, behind the unit.
        Some(unsafe { self.unit.get_unchecked() })
    }

    /// The unit.
    ///
    /// # Errors
    /// `MemoryError`, where it has to be loaded.
    #[inline]
    pub fn load(&self, cx: &Context) -> Result<&Unit, Raised> {
        match self.unit.get() {
            Some(unit) => Ok(unit),
            None => self.make(cx),
        }
    }

    #[cold]
    fn make(&self, cx: &Context) -> Result<&Unit, Raised> {
        let unit = self.unit.get_or_try_init(|| {
            let unit = self.unit_of(cx)?;
            // Before anybody runs it and fills its caches.
            cx.world().add_loaded(self);
            Ok(unit)
        })?;
        self.plain_params.store(unit.plain_params().unwrap_or(NOT_PLAIN), Ordering::Release);
        Ok(unit)
    }

    fn unit_of(&self, cx: &Context) -> Result<Unit, Raised> {
        let (code, children) = self.origin.open(cx)?;
        let intern = |name: &Name| cx.intern(name).word();
        let consts = code.consts.iter().map(|value| constant(cx, value).map(Value::word));
        let tuple = |names: &[Name]| {
            let names: Vec<_> = names.iter().map(|name| cx.intern(name)).collect();
            cx.tuple(&names).map(Value::word)
        };
        let lazy = |origin| LazyUnit::new(origin, self.hidden, self.is_library);
        let parts = UnitParts {
            kwnames: code.kwnames.iter().map(|names| tuple(names)).collect::<Result<_, Raised>>()?,
            consts: consts.collect::<Result<_, Raised>>()?,
            names: code.names.iter().map(intern).collect(),
            locals: code.locals.iter().map(intern).collect(),
            free: code.free.iter().map(intern).collect(),
            children: children.into_iter().map(lazy).collect(),
        };
        Ok(Unit::new(code, parts, self.hidden, self.is_library))
    }

    /// The bare name.
    pub fn name<'t>(&self, cx: &'t Context) -> Value<'t> {
        let [name, _] = self.origin.names();
        cx.intern(name)
    }

    /// The dotted name.
    pub fn qualname<'t>(&self, cx: &'t Context) -> Value<'t> {
        let [_, qualname] = self.origin.names();
        cx.intern(qualname)
    }
}

/// A constant as a value. Strings that look like names are interned, as in CPython.
///
/// # Errors
/// `MemoryError`.
pub fn constant<'t>(cx: &'t Context, value: &Const) -> Res<'t> {
    Ok(match value {
        Const::None => Value::NONE,
        Const::True => Value::TRUE,
        Const::False => Value::FALSE,
        Const::Ellipsis => Value::ELLIPSIS,
        Const::Int(value) => cx.int(*value),
        Const::BigInt { digits, radix } => {
            let big = dashu_int::IBig::from_str_radix(digits, *radix);
            int::big(cx, &big.map_err(|error| cx.value_error(error))?)?
        }
        Const::Float(bits) => Value::float(f64::from_bits(*bits)),
        Const::Complex(re, im) => {
            let [re, im] = [re, im].map(|bits| f64::from_bits(*bits));
            complex::Complex::make(cx, complex::Parts { re, im })
        }
        Const::Str(bytes) if bytes.len() < 64 => cx.intern_bytes(bytes),
        Const::Str(bytes) => cx.wtf8(bytes)?,
        Const::Bytes(bytes) => Value::object(bytes::Bytes::new(cx, bytes)?),
        Const::Tuple(items) => {
            let items = items.iter().map(|item| constant(cx, item)).collect::<Result<Vec<_>, _>>()?;
            cx.tuple(&items)?
        }
        Const::FrozenSet(items) => {
            let set = Set::new_frozen(cx);
            for item in items {
                set.add(cx, constant(cx, item)?)?;
            }
            Value::object(set)
        }
    })
}
