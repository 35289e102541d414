//! What holds in every world.

use crate::support::{Rig, call};
use autolynx_sandbox::{Faults, LimitForm, Settings};
use proptest::prelude::*;
use serde_json::json;

fn rate() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), 0.0..0.5]
}

prop_compose! {
    fn faults()(
        requests in [rate(), rate(), rate(), rate(), rate(), rate()],
        webhooks in [rate(), rate(), rate(), rate()],
        controls in [rate(), rate(), rate(), rate(), rate()],
        stuck in rate(),
        stuck_forever in prop_oneof![3 => Just(0.0), 1 => 0.0..0.2],
        down in any::<bool>(),
    ) -> Faults {
        Faults {
            slow_answer: requests[0],
            rate_refusal: requests[1],
            error_before_acting: requests[2],
            error_after_creating: requests[3],
            hang_up_before_acting: requests[4],
            hang_up_after_creating: requests[5],
            webhook_lost: webhooks[0],
            webhook_duplicated: webhooks[1],
            webhook_delayed: webhooks[2],
            webhook_reordered: webhooks[3],
            control_not_found: controls[0],
            control_error_after_acting: controls[1],
            control_hang_up_after_acting: controls[2],
            control_ignored: controls[3],
            control_late_acting: controls[4],
            stuck,
            stuck_forever,
            down_every_ms: if down { 600_000 } else { 0 },
            down_for_ms: 60_000,
            ..Faults::none()
        }
    }
}

const SCRIPTS: [&str; 6] = ["", "", "", "human 40s", "busy", "too-long"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn lines_are_never_exceeded_and_every_call_ends_unless_stuck_forever(
        seed in any::<u64>(),
        account_lines in 1_u32..8,
        form in prop_oneof![
            Just(LimitForm::Http400), Just(LimitForm::Blocked201), Just(LimitForm::InstantEnd), Just(LimitForm::Mixed)
        ],
        faults in faults(),
        acts in prop::collection::vec((0_usize..SCRIPTS.len(), 0_i64..30_000, prop::bool::weighted(0.1)), 1..60),
    ) {
        let may_stick = faults.stuck_forever > 0.0;
        let settings = Settings { seed, account_lines, limit_form: form, faults, ..Settings::default() };
        let mut rig = Rig::with(settings);
        let mut answered_201 = 0;
        for (nth, (script, wait_ms, ends_one)) in acts.into_iter().enumerate() {
            rig.handle("POST", "/call", Some(&call(nth, SCRIPTS[script])));
            rig.pass(wait_ms);
            let ledger = rig.world.ledger();
            prop_assert!(ledger.live_now <= account_lines);
            if let Some(live) = ledger.calls.iter().find(|call| ends_one && call.ended_at_ms.is_none()) {
                let path = format!("/call/{}/control", live.provider_call_id);
                rig.handle("POST", &path, Some(&json!({"type": "end-call"})));
            }
            answered_201 = ledger.calls_created;
        }
        rig.pass(7_200_000);
        let ledger = rig.world.ledger();
        prop_assert!(ledger.calls_created >= answered_201);
        prop_assert!(ledger.peak_live <= account_lines, "{} > {}", ledger.peak_live, account_lines);
        prop_assert_eq!(ledger.live_now, 0);
        prop_assert_eq!(ledger.calls_ended, ledger.calls_created);
        prop_assert!(ledger.attempts_called_twice.is_empty());
        for call in &ledger.calls {
            prop_assert!(call.ended_at_ms.unwrap() <= call.max_end_ms.unwrap());
            prop_assert!(may_stick || call.record_ended_at_ms.is_some());
        }
        let reason = "manually-canceled";
        let hung_up = ledger.controls.iter().filter(|control| control.hung_up_at_ms.is_some());
        prop_assert_eq!(ledger.calls_hung_up_by_control, hung_up.clone().count() as u64);
        prop_assert_eq!(
            ledger.calls_hung_up_by_control as usize,
            ledger.calls.iter().filter(|call| call.ended_reason.as_deref() == Some(reason)).count()
        );
        for control in hung_up {
            prop_assert!(control.status != Some(404));
            let ended = ledger.calls.iter().find(|call| call.provider_call_id == control.provider_call_id);
            prop_assert_eq!(ended.unwrap().ended_at_ms, control.hung_up_at_ms);
        }
        // No two readings of who was live may disagree with the peak that was counted along the way.
        let ends: Vec<(i64, i64)> = ledger.calls.iter().map(|call| {
            let max_end_ms = call.max_end_ms.unwrap();
            (call.dialled_at_ms.unwrap(), call.record_ended_at_ms.unwrap_or(i64::MAX).min(max_end_ms))
        }).collect();
        let live_at = |ms: i64| ends.iter().filter(|(from_ms, to_ms)| *from_ms <= ms && ms < *to_ms).count();
        let peak = ends.iter().map(|(from_ms, _)| live_at(*from_ms)).max().unwrap_or(0);
        prop_assert_eq!(peak, ledger.peak_live as usize);
    }
}
