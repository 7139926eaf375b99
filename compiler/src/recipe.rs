//! What a statement of a library stands for, where that can be told without running it: constants, functions, and classes of
//! them. Such things are made one by one, each when somebody first asks for it by name.

use std::sync::Arc;

use minipy_grammar::ast::Name;

use crate::code::{Code, Const};
use crate::op::{FunctionParts, Op, Reg};

/// How a value is made. Codes and names are `C` and `N`: those of the compiler, or packed ones.
#[derive(Clone)]
pub enum Recipe<C = Arc<Code>, N = Name> {
    /// A constant.
    Const(Const),
    /// What a name stands for: of the class whose body it is read in, of the library, or of the built-in classes.
    Named(N),
    /// A tuple.
    Tuple(Box<[Recipe<C, N>]>),
    /// A function.
    Function {
        /// Its code.
        code: C,
        /// The tuple of its positional defaults, if it has some.
        defaults: Option<Box<Recipe<C, N>>>,
    },
    /// What a descriptor's class makes of a function.
    Wrapped(Wrapper, Box<Recipe<C, N>>),
    /// A class.
    Class(ClassRecipe<C, N>),
}

impl<C, N> Recipe<C, N> {
    /// The codes of the functions it makes.
    pub fn codes(&self) -> Vec<&C> {
        match self {
            Recipe::Const(_) | Recipe::Named(_) => Vec::new(),
            Recipe::Tuple(items) => items.iter().flat_map(Recipe::codes).collect(),
            Recipe::Function { code, defaults } => {
                defaults.iter().flat_map(|defaults| defaults.codes()).chain([code]).collect()
            }
            Recipe::Wrapped(_, wrapped) => wrapped.codes(),
            Recipe::Class(class) => class.members.iter().flat_map(|(_, member)| member.codes()).collect(),
        }
    }
}

/// The built-in classes that a recipe can wrap a function with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrapper {
    /// `property`
    Property,
    /// `classmethod`
    ClassMethod,
    /// `staticmethod`
    StaticMethod,
}

/// How a class is made.
#[derive(Clone)]
pub struct ClassRecipe<C = Arc<Code>, N = Name> {
    /// Its name.
    pub name: N,
    /// Its bases.
    pub bases: Box<[N]>,
    /// How many attributes its methods assign.
    pub attribute_hint: u16,
    /// What its body leaves in its namespace, in order.
    pub members: Box<[(N, Recipe<C, N>)]>,
}

/// A statement that binds one name to what a recipe makes.
pub struct Definition {
    /// The name.
    pub name: Name,
    /// What it is bound to.
    pub recipe: Recipe,
}

impl Definition {
    /// The definition that is all there is in the code of a file.
    pub fn of(file: &Code) -> Option<Definition> {
        let mut bound = Reading::new(file).bound()?;
        let (name, recipe) = bound.pop()?;
        // A name that only stands for another one says nothing about when that is bound.
        let is_whole = bound.is_empty() && !matches!(recipe, Recipe::Named(_));
        is_whole.then_some(Definition { name, recipe })
    }
}

/// The name that `LoadBuildClass` stands for.
const BUILD_CLASS: &str = "__build_class__";

/// A code that is read op by op, from the first to the last.
struct Reading<'c> {
    code: &'c Code,
    registers: Vec<Option<Recipe>>,
    bound: Vec<(Name, Recipe)>,
}

impl<'c> Reading<'c> {
    fn new(code: &'c Code) -> Reading<'c> {
        Reading { code, registers: vec![None; code.register_count.into()], bound: Vec::new() }
    }

    /// The names it binds, if that is all it does.
    fn bound(mut self) -> Option<Vec<(Name, Recipe)>> {
        let (last, ops) = self.code.ops.split_last()?;
        for op in ops {
            self.read(*op)?;
        }
        matches!(last, Op::ReturnNone {}).then_some(self.bound)
    }

    fn read(&mut self, op: Op) -> Option<()> {
        let (dst, recipe) = match op {
            Op::LoadConst { dst, value } => (dst, Recipe::Const(self.code.consts[value.0 as usize].clone())),
            Op::LoadInt { dst, value } => (dst, Recipe::Const(Const::Int(value.0.into()))),
            Op::LoadNone { dst } => (dst, Recipe::Const(Const::None)),
            Op::LoadBuildClass { dst } => (dst, Recipe::Named(BUILD_CLASS.into())),
            Op::LoadGlobal { dst, site } | Op::LoadName { dst, site, .. } => {
                (dst, Recipe::Named(self.site_name(site.0)))
            }
            Op::BuildTuple { dst, base, count } => {
                (dst, Recipe::Tuple(self.taken(base, count.0.into())?.into()))
            }
            Op::MakeFunction { parts, dst, base, code } => {
                let defaults = match parts.0 {
                    0 => None,
                    FunctionParts::DEFAULTS => Some(Box::new(self.take(base)?)),
                    _ => return None,
                };
                (dst, Recipe::Function { code: self.code.children[usize::from(code.0)].clone(), defaults })
            }
            Op::Call { dst, base, argc } => (dst, self.call(base, argc.0.into())?),
            Op::StoreGlobal { src, site } => return self.bind(self.site_name(site.0), src),
            Op::StoreName { src, name, .. } => {
                return self.bind(self.code.names[usize::from(name.0)].clone(), src);
            }
            _ => return None,
        };
        self.registers[usize::from(dst.0)] = Some(recipe);
        Some(())
    }

    fn site_name(&self, site: u16) -> Name {
        let name = self.code.sites[usize::from(site)];
        self.code.names[usize::from(name.0)].clone()
    }

    fn take(&mut self, reg: Reg) -> Option<Recipe> {
        self.registers[usize::from(reg.0)].take()
    }

    fn taken(&mut self, base: Reg, count: usize) -> Option<Vec<Recipe>> {
        self.registers[usize::from(base.0)..][..count].iter_mut().map(Option::take).collect()
    }

    fn bind(&mut self, name: Name, src: Reg) -> Option<()> {
        let recipe = self.take(src)?;
        match self.bound.iter_mut().find(|(bound, _)| *bound == name) {
            Some((_, bound)) => *bound = recipe,
            None => self.bound.push((name, recipe)),
        }
        Some(())
    }

    fn call(&mut self, base: Reg, count: usize) -> Option<Recipe> {
        let Recipe::Named(function) = self.take(base)? else { return None };
        let mut arguments = self.taken(Reg(base.0 + 1), count)?.into_iter();
        let wrapper = match &*function {
            BUILD_CLASS => return class(arguments).map(Recipe::Class),
            "property" => Wrapper::Property,
            "classmethod" => Wrapper::ClassMethod,
            "staticmethod" => Wrapper::StaticMethod,
            _ => return None,
        };
        let (Some(wrapped @ Recipe::Function { .. }), None) = (arguments.next(), arguments.next()) else {
            return None;
        };
        Some(Recipe::Wrapped(wrapper, Box::new(wrapped)))
    }
}

/// The class of a body, a name and bases.
fn class(mut arguments: impl Iterator<Item = Recipe>) -> Option<ClassRecipe> {
    let (Recipe::Function { code, .. }, Recipe::Const(Const::Str(name))) =
        (arguments.next()?, arguments.next()?)
    else {
        return None;
    };
    let bases = arguments.map(|base| match base {
        Recipe::Named(name) => Some(name),
        _ => None,
    });
    Some(ClassRecipe {
        name: std::str::from_utf8(&name).ok()?.into(),
        bases: bases.collect::<Option<_>>()?,
        attribute_hint: code.attribute_hint,
        members: Reading::new(&code).bound()?.into(),
    })
}
