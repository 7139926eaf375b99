//! Constant folding, as far as CPython folds and no program can tell the difference.

use minipy_grammar::ast::{BinOp, Constant, Expr, ExprKind, UnaryOp};

use crate::code::Const;
use crate::limits::{MAX_FOLDED_BYTES, MAX_FOLDED_TUPLE};

/// The value of an expression that is made of literals only.
pub(super) fn fold(expr: &Expr) -> Option<Const> {
    match &expr.kind {
        ExprKind::Constant(constant) => Some(literal(constant)),
        ExprKind::Name(name) if &**name == "__debug__" => Some(Const::True),
        ExprKind::UnaryOp { op, operand } => unary(*op, fold(operand)?),
        // The right operand first: in a long chain it is the short one.
        ExprKind::BinOp { left, op, right } => {
            let right = fold(right)?;
            binary(fold(left)?, *op, right)
        }
        ExprKind::Tuple(items) if items.len() <= MAX_FOLDED_TUPLE => fold_all(items).map(Const::Tuple),
        _ => None,
    }
}

/// The values of expressions that are all made of literals only.
pub(super) fn fold_all(items: &[Expr]) -> Option<Box<[Const]>> {
    items.iter().map(fold).collect()
}

/// Whether a constant is true.
pub(super) fn truth(value: &Const) -> bool {
    match value {
        Const::None | Const::False => false,
        Const::True | Const::Ellipsis | Const::BigInt { .. } => true,
        Const::Int(value) => *value != 0,
        Const::Float(bits) => f64::from_bits(*bits) != 0.0,
        Const::Complex(re, im) => [re, im].iter().any(|bits| f64::from_bits(**bits) != 0.0),
        Const::Str(bytes) | Const::Bytes(bytes) => !bytes.is_empty(),
        Const::Tuple(items) | Const::FrozenSet(items) => !items.is_empty(),
    }
}

pub(super) fn literal(constant: &Constant) -> Const {
    match constant {
        Constant::None => Const::None,
        Constant::True => Const::True,
        Constant::False => Const::False,
        Constant::Ellipsis => Const::Ellipsis,
        Constant::Int(value) => Const::Int(*value),
        Constant::BigInt { digits, radix } => Const::BigInt { digits: digits.clone(), radix: *radix },
        Constant::Float(value) => Const::Float(value.to_bits()),
        Constant::Imaginary(value) => Const::Complex(0, value.to_bits()),
        Constant::Str(bytes) => Const::Str(bytes.clone()),
        Constant::Bytes(bytes) => Const::Bytes(bytes.clone()),
    }
}

fn unary(op: UnaryOp, value: Const) -> Option<Const> {
    Some(match (op, value) {
        (UnaryOp::Not, value) => boolean(!truth(&value)),
        (UnaryOp::UAdd, value @ (Const::Int(_) | Const::Float(_) | Const::BigInt { .. })) => value,
        (UnaryOp::USub, Const::Int(value)) => Const::Int(value.checked_neg()?),
        (UnaryOp::USub, Const::Float(bits)) => Const::Float((-f64::from_bits(bits)).to_bits()),
        (UnaryOp::USub, Const::BigInt { digits, radix }) => negate_big(&digits, radix),
        (UnaryOp::Invert, Const::Int(value)) => Const::Int(!value),
        _ => return None,
    })
}

fn boolean(value: bool) -> Const {
    if value { Const::True } else { Const::False }
}

fn negate_big(digits: &str, radix: u32) -> Const {
    let negated: Box<str> = match digits.strip_prefix('-') {
        Some(positive) => positive.into(),
        None => format!("-{digits}").into(),
    };
    match i64::from_str_radix(&negated, radix) {
        Ok(value) => Const::Int(value),
        Err(_) => Const::BigInt { digits: negated, radix },
    }
}

fn binary(left: Const, op: BinOp, right: Const) -> Option<Const> {
    match (left, right) {
        (Const::Int(left), Const::Int(right)) => int(left, op, right),
        (left, Const::Complex(re, im)) => complex(&left, op, [re, im]),
        (Const::Float(left), Const::Float(right)) => float(f64::from_bits(left), op, f64::from_bits(right)),
        (Const::Int(left), Const::Float(right)) => float(exact(left)?, op, f64::from_bits(right)),
        (Const::Float(left), Const::Int(right)) => float(f64::from_bits(left), op, exact(right)?),
        (Const::Str(left), Const::Str(right)) if op == BinOp::Add => joined(&left, &right).map(Const::Str),
        (Const::Bytes(left), Const::Bytes(right)) if op == BinOp::Add => {
            joined(&left, &right).map(Const::Bytes)
        }
        (Const::Str(text), Const::Int(times)) | (Const::Int(times), Const::Str(text))
            if op == BinOp::Mult =>
        {
            repeated(&text, times).map(Const::Str)
        }
        (Const::Bytes(text), Const::Int(times)) | (Const::Int(times), Const::Bytes(text))
            if op == BinOp::Mult =>
        {
            repeated(&text, times).map(Const::Bytes)
        }
        _ => None,
    }
}

fn int(left: i64, op: BinOp, right: i64) -> Option<Const> {
    let value = match op {
        BinOp::Add => left.checked_add(right)?,
        BinOp::Sub => left.checked_sub(right)?,
        BinOp::Mult => left.checked_mul(right)?,
        BinOp::Div if right != 0 => return Some(Const::Float((exact(left)? / exact(right)?).to_bits())),
        BinOp::FloorDiv if right != 0 => {
            let quotient = left.checked_div(right)?;
            if left % right != 0 && (left < 0) != (right < 0) { quotient - 1 } else { quotient }
        }
        BinOp::Mod if right != 0 => {
            let remainder = left.checked_rem(right)?;
            if remainder != 0 && (remainder < 0) != (right < 0) { remainder + right } else { remainder }
        }
        BinOp::Pow => left.checked_pow(u32::try_from(right).ok()?)?,
        BinOp::LShift => {
            let factor = 1i64.checked_shl(u32::try_from(right).ok()?).filter(|factor| *factor > 0)?;
            left.checked_mul(factor)?
        }
        BinOp::RShift if right >= 0 => left >> right.min(63),
        BinOp::BitOr => left | right,
        BinOp::BitXor => left ^ right,
        BinOp::BitAnd => left & right,
        _ => return None,
    };
    Some(Const::Int(value))
}

/// An integer that a float represents exactly.
fn exact(value: i64) -> Option<f64> {
    (value.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS).then_some(value as f64)
}

fn float(left: f64, op: BinOp, right: f64) -> Option<Const> {
    let value = match op {
        BinOp::Add => left + right,
        BinOp::Sub => left - right,
        BinOp::Mult => left * right,
        BinOp::Div if right != 0.0 => left / right,
        _ => return None,
    };
    Some(Const::Float(value.to_bits()))
}

/// `real + imaginary` and `real - imaginary`: how complex constants are written.
fn complex(left: &Const, op: BinOp, right: [u64; 2]) -> Option<Const> {
    let real = match left {
        Const::Int(value) => exact(*value)?,
        Const::Float(bits) => f64::from_bits(*bits),
        _ => return None,
    };
    let [re, im] = right.map(f64::from_bits);
    let (re, im) = match op {
        BinOp::Add => (real + re, 0.0 + im),
        BinOp::Sub => (real - re, 0.0 - im),
        _ => return None,
    };
    Some(Const::Complex(re.to_bits(), im.to_bits()))
}

fn joined(left: &[u8], right: &[u8]) -> Option<Box<[u8]>> {
    // A high and a low surrogate side by side are two code points in Python, but WTF-8 would have to merge them.
    let splits = left.len() >= 3 && left[left.len() - 3] == 0xED && right.first() == Some(&0xED);
    (!splits && left.len() + right.len() <= MAX_FOLDED_BYTES).then(|| [left, right].concat().into())
}

fn repeated(text: &[u8], times: i64) -> Option<Box<[u8]>> {
    let times = usize::try_from(times.max(0)).ok()?;
    let splits = text.contains(&0xED);
    let size = text.len().checked_mul(times)?;
    (!splits && size <= MAX_FOLDED_BYTES).then(|| text.repeat(times).into())
}
