//! Money as integer micro-dollars: sums are exact and both databases agree.

mod rate;

use std::{fmt, iter::Sum, ops::Add};

pub use rate::Rate;

use serde::{Deserialize, Serialize};

use crate::hours::Fault;

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

/// What a campaign may cost. What is `None` does not matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Money {
    /// When this much is spent, a person is told, in millionths of a dollar.
    pub alert_usd_micros: Option<i64>,
    /// More than this is never spent, in millionths of a dollar.
    pub budget_usd_micros: Option<i64>,
}

impl Money {
    /// What is wrong, with fields as they stand in a policy.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults: Vec<Fault> = [
            ("alert_usd_micros", self.alert_usd_micros),
            ("budget_usd_micros", self.budget_usd_micros),
        ]
        .into_iter()
        .filter(|(_, amount)| amount.is_some_and(|amount| amount <= 0))
        .map(|(name, _)| Fault {
            field: format!("money.{name}"),
            message:
                "Write an amount above 0 in millionths of a dollar (1000000 is one dollar), or null for none."
                    .to_owned(),
        })
        .collect();
        if let (Some(alert), Some(budget)) = (self.alert_usd_micros, self.budget_usd_micros)
            && alert > budget
            && faults.is_empty()
        {
            faults.push(Fault {
                field: "money.alert_usd_micros".to_owned(),
                message: format!(
                    "The budget of ${} stops the campaign before this is spent. Write at most {budget}.",
                    UsdMicros(budget)
                ),
            });
        }
        faults
    }
}

/// How many more calls a budget allows, if each costs `worst_case` at worst.
///
/// Guarantee *money*: `spent`, with what the calls now live may cost (`held`) and with the new ones at their worst, does
/// not pass the budget. A call that cannot cost anything is free as long as the budget is not passed already.
#[must_use]
pub fn affordable(budget: UsdMicros, spent: UsdMicros, held: UsdMicros, worst_case: UsdMicros) -> u32 {
    let left = i128::from(budget.0) - i128::from(spent.0) - i128::from(held.0);
    if left < 0 {
        return 0;
    }
    if worst_case.0 <= 0 {
        return u32::MAX;
    }
    u32::try_from(left / i128::from(worst_case.0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shows_dollars_rounded_to_four_decimals() {
        assert_eq!(UsdMicros(71_249).to_string(), "0.0712");
        assert_eq!(UsdMicros(71_250).to_string(), "0.0713");
        assert_eq!(UsdMicros(-1_500_000).to_string(), "-1.5000");
    }

    #[test]
    fn a_budget_allows_what_fits_into_it() {
        let calls = |spent, held, worst| {
            affordable(
                UsdMicros(10_000_000),
                UsdMicros(spent),
                UsdMicros(held),
                UsdMicros(worst),
            )
        };
        assert_eq!(calls(0, 0, 5_000_000), 2);
        assert_eq!(calls(1, 0, 5_000_000), 1);
        assert_eq!(calls(5_000_000, 5_000_000, 1), 0);
        assert_eq!(calls(5_000_000, 5_000_001, 0), 0);
        assert_eq!(calls(5_000_000, 5_000_000, 0), u32::MAX);
        assert_eq!(calls(i64::MAX, i64::MAX, 1), 0);
    }

    #[test]
    fn money_is_above_nothing_and_the_alert_comes_before_the_stop() {
        let faults = |alert, budget| -> Vec<String> {
            let money = Money {
                alert_usd_micros: alert,
                budget_usd_micros: budget,
            };
            money.faults().into_iter().map(|fault| fault.field).collect()
        };
        assert!(faults(None, None).is_empty() && faults(Some(5), Some(5)).is_empty());
        assert_eq!(faults(Some(6), Some(5)), ["money.alert_usd_micros"]);
        assert_eq!(faults(Some(6), Some(0)), ["money.budget_usd_micros"]);
        assert_eq!(faults(Some(-1), None), ["money.alert_usd_micros"]);
    }

    proptest! {
        #[test]
        fn the_budget_is_never_passed_and_never_left_idle(
            budget in 0..1_000_000_i64, spent in 0..1_000_000_i64, held in 0..1_000_000_i64, worst in 1..100_000_i64,
        ) {
            let calls = i64::from(affordable(UsdMicros(budget), UsdMicros(spent), UsdMicros(held), UsdMicros(worst)));
            prop_assert!(calls == 0 || spent + held + calls * worst <= budget);
            prop_assert!(spent + held + (calls + 1) * worst > budget);
        }
    }
}
