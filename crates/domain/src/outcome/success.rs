//! Whether the assistant itself judged a call successful.

/// What the provider's `analysis.successEvaluation` says, where it says yes or no. Its form follows the assistant's rubric:
/// `true` and `false` (PassFail, AutomaticRubric), 1 to 10 (NumericScale), a percentage (PercentageScale), `Excellent` to
/// `Poor` (DescriptiveScale), `Strongly Agree` to `Strongly Disagree` (LikertScale). A checklist or a matrix says neither.
///
/// Of a scale the upper half counts as a success.
#[must_use]
pub fn judged_successful(evaluation: &str) -> Option<bool> {
    let said = evaluation.trim().to_lowercase();
    match said.as_str() {
        "true" | "pass" | "passed" | "yes" | "excellent" | "good" | "agree" | "strongly agree" => Some(true),
        "false" | "fail" | "failed" | "no" | "fair" | "poor" | "neutral" | "disagree"
        | "strongly disagree" => Some(false),
        number => {
            let (number, percent) = match number.strip_suffix('%') {
                Some(number) => (number, true),
                None => (number, false),
            };
            let number: f64 = number.trim().parse().ok()?;
            match () {
                () if percent && (0.0..=100.0).contains(&number) => Some(number > 50.0),
                () if (0.0..=10.0).contains(&number) => Some(number > 5.0),
                () if (0.0..=100.0).contains(&number) => Some(number > 50.0),
                () => None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rubric_that_says_yes_or_no_is_understood() {
        for yes in [
            "true",
            " TRUE ",
            "8",
            "6",
            "75%",
            "80",
            "Excellent",
            "Good",
            "Strongly Agree",
        ] {
            assert_eq!(judged_successful(yes), Some(true), "{yes}");
        }
        for no in ["false", "3", "5", "50%", "40", "Fair", "Poor", "Neutral", "0"] {
            assert_eq!(judged_successful(no), Some(false), "{no}");
        }
        for neither in ["", "[x] asked", "NaN", "inf", "-1", "1000"] {
            assert_eq!(judged_successful(neither), None, "{neither}");
        }
    }
}
