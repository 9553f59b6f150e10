//! Where no engine is.

use ws_server::backplane::{BackplaneError, Inbox};
use ws_tests::wait::within;

use super::Subject;

pub(crate) async fn nobody_is_there_and_the_error_says_so<S: Subject>(_engine: S) {
    let Some(backplane) = S::nowhere() else {
        return;
    };
    let (inbox, _arrivals) = Inbox::new(1 << 20);
    let link = within("connecting to fail", backplane.connect(inbox)).await;
    let Err(error) = link else {
        panic!("somebody is there");
    };
    assert!(
        matches!(error, BackplaneError::Unreachable { .. }),
        "{error:?}"
    );
    let said = error.to_string();
    assert!(
        said.contains(backplane.name()) && said.contains("127.0.0.1:"),
        "{said}"
    );
}
