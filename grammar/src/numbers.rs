//! Number literals: where one ends, what is wrong with it, and its value.
//!
//! The checks and their order are those of CPython's tokenizer.

use crate::ast::Constant;
use crate::error::SyntaxError;
use crate::source::Span;

/// The most decimal digits an integer literal may have: CPython's default limit for such conversions.
pub const MAX_DECIMAL_DIGITS: usize = 4300;

const LEADING_ZEROS: &str =
    "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers";

/// Finds the end of the number that begins at `start` (at a digit, or at a dot before one).
pub(crate) fn scan(text: &str, start: usize) -> Result<usize, SyntaxError> {
    let mut scanner = Scanner { text, bytes: text.as_bytes(), start, at: start };
    scanner.number()?;
    Ok(scanner.at)
}

/// The value of a number whose text has passed [`scan`].
pub(crate) fn value(text: &str, span: Span) -> Result<Constant, SyntaxError> {
    let mut digits = text.replace('_', "");
    digits.make_ascii_lowercase();
    let (radix, body) = match digits.get(..2) {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        _ => (10, digits.as_str()),
    };
    if radix == 10
        && let Some(part) = body.strip_suffix('j')
    {
        return Ok(Constant::Imaginary(part.parse().unwrap_or(f64::INFINITY)));
    }
    if radix == 10 && body.contains(['.', 'e']) {
        return Ok(Constant::Float(body.parse().unwrap_or(f64::INFINITY)));
    }
    if let Ok(value) = i64::from_str_radix(body, radix) {
        return Ok(Constant::Int(value));
    }
    if radix == 10 && body.len() > MAX_DECIMAL_DIGITS {
        let message = format!(
            "Exceeds the limit ({MAX_DECIMAL_DIGITS} digits) for integer string conversion: value has {} digits; \
             use sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer \
             literals to avoid decimal conversion limits.",
            body.len()
        );
        return Err(SyntaxError::new(span, message));
    }
    Ok(Constant::BigInt { digits: body.into(), radix })
}

struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    start: usize,
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// The error at the character before the current one, as CPython's `verify_end_of_number` places it.
    fn fail_before<T>(&self, message: impl Into<String>) -> Result<T, SyntaxError> {
        let at = self.at.saturating_sub(1) as u32;
        Err(SyntaxError::new(Span::new(at, at + 1), message))
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        if self.peek() == b'0' {
            let radix = self.bytes.get(self.at + 1).copied().unwrap_or(0).to_ascii_lowercase();
            match radix {
                b'x' => return self.prefixed("hexadecimal", u8::is_ascii_hexdigit),
                b'o' => return self.prefixed("octal", |digit| (b'0'..=b'7').contains(digit)),
                b'b' => return self.prefixed("binary", |digit| matches!(digit, b'0' | b'1')),
                _ => {}
            }
        }
        if self.peek() != b'.' {
            self.digits()?;
        }
        let whole = &self.bytes[self.start..self.at];
        let leading_zeros =
            whole.len() > 1 && whole[0] == b'0' && whole.iter().any(|b| (b'1'..=b'9').contains(b));
        let mut float = false;
        if self.peek() == b'.' {
            float = true;
            self.at += 1;
            if self.peek().is_ascii_digit() {
                self.digits()?;
            }
        }
        if matches!(self.peek(), b'e' | b'E') {
            let mark = self.at;
            self.at += 1;
            let signed = matches!(self.peek(), b'+' | b'-');
            self.at += usize::from(signed);
            if self.peek().is_ascii_digit() {
                float = true;
                self.digits()?;
            } else if signed {
                return self.fail_before("invalid decimal literal");
            } else {
                self.at = mark;
                return self.end_of_number("decimal");
            }
        }
        if matches!(self.peek(), b'j' | b'J') {
            self.at += 1;
            return self.end_of_number("imaginary");
        }
        if leading_zeros && !float {
            let zeros = whole.iter().take_while(|b| matches!(b, b'0' | b'_')).count();
            let span = Span::new(self.start as u32, (self.start + zeros) as u32);
            return Err(SyntaxError::new(span, LEADING_ZEROS));
        }
        self.end_of_number("decimal")
    }

    /// Digits with single underscores between them.
    fn digits(&mut self) -> Result<(), SyntaxError> {
        loop {
            while self.peek().is_ascii_digit() {
                self.at += 1;
            }
            if self.peek() != b'_' {
                return Ok(());
            }
            self.at += 1;
            if !self.peek().is_ascii_digit() {
                return self.fail_before("invalid decimal literal");
            }
        }
    }

    fn prefixed(&mut self, kind: &str, is_digit: fn(&u8) -> bool) -> Result<(), SyntaxError> {
        self.at += 2;
        loop {
            if self.peek() == b'_' {
                self.at += 1;
            }
            if !is_digit(&self.peek()) {
                if self.peek().is_ascii_digit() {
                    return self.invalid_digit(kind);
                }
                return self.fail_before(format!("invalid {kind} literal"));
            }
            while is_digit(&self.peek()) {
                self.at += 1;
            }
            if self.peek() != b'_' {
                break;
            }
        }
        if self.peek().is_ascii_digit() {
            return self.invalid_digit(kind);
        }
        self.end_of_number(kind)
    }

    fn invalid_digit(&self, kind: &str) -> Result<(), SyntaxError> {
        let span = Span::new(self.at as u32, self.at as u32 + 1);
        Err(SyntaxError::new(span, format!("invalid digit '{}' in {kind} literal", self.peek() as char)))
    }

    /// A number may run into a keyword (`1if x else y`), not into any other word.
    fn end_of_number(&mut self, kind: &str) -> Result<(), SyntaxError> {
        const MAY_FOLLOW: [&str; 8] = ["and", "else", "for", "if", "in", "is", "or", "not"];
        let rest = &self.text[self.at..];
        let next = self.peek();
        if MAY_FOLLOW.iter().any(|word| rest.starts_with(word))
            || !(next.is_ascii_alphabetic() || next == b'_' || next >= 0x80)
        {
            return Ok(());
        }
        if next >= 0x80 && !rest.chars().next().is_some_and(unicode_ident::is_xid_continue) {
            return Ok(());
        }
        self.fail_before(format!("invalid {kind} literal"))
    }
}
