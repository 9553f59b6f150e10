use ws_core::{Cause, Role};

use super::talk::{Talk, at};
use crate::{side::ROLES, speech::Speech};

/// What holds of a side at its end, whatever has become of the link. That the
/// end is told last and once, the side has seen to.
pub(super) fn side(talk: &Talk, role: Role) {
    let side = talk.side(role);
    assert!(side.disconnected, "the {role:?} never ends");
    let outcome = side.outcome().expect("it is disconnected");
    let fault = matches!(outcome.cause, Cause::Protocol(_));
    assert!(!fault, "the {role:?} blames the other: {:?}", outcome.cause);

    let peer = talk.side(role.peer());
    let heard = Speech::heard(&side.events).said;
    let said = &talk.said[at(role.peer())].said;
    assert!(said.starts_with(&heard), "heard {heard:?} of {said:?}");
    if outcome.received.is_some() {
        let sent = &peer.outcome().expect("it is disconnected").sent;
        assert_eq!(&outcome.received, sent, "another Close frame");
        assert_eq!(&heard, said, "the Close frame overtook what was said");
    }
}

/// What holds of both if nobody is to blame.
pub(super) fn both(talk: &Talk) {
    if talk.lost || !talk.is_short() {
        return;
    }
    for role in ROLES {
        let outcome = talk.side(role).outcome().expect("it is disconnected");
        let agreed = matches!(outcome.cause, Cause::Local | Cause::Remote);
        assert!(
            agreed && outcome.is_clean(),
            "the {role:?} ends {outcome:?}"
        );
    }
}
