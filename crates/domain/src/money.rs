//! Money as integer micro-dollars: sums are exact and both databases agree.

use std::{fmt, iter::Sum, ops::Add};

use serde::{Deserialize, Serialize};

/// An amount in millionths of a US dollar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UsdMicros(pub i64);

impl fmt::Display for UsdMicros {
    /// Dollars with four decimals, for instance `0.0712`: the precision the provider bills in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let ten_thousandths = (self.0.unsigned_abs() + 50) / 100;
        write!(
            f,
            "{sign}{}.{:04}",
            ten_thousandths / 10_000,
            ten_thousandths % 10_000
        )
    }
}

impl fmt::Debug for UsdMicros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${self}")
    }
}

impl Add for UsdMicros {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for UsdMicros {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self(0), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_dollars_rounded_to_four_decimals() {
        assert_eq!(UsdMicros(71_249).to_string(), "0.0712");
        assert_eq!(UsdMicros(71_250).to_string(), "0.0713");
        assert_eq!(UsdMicros(-1_500_000).to_string(), "-1.5000");
    }
}
