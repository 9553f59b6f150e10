//! Endpoints that contradict themselves.

use ws_core::handshake::FieldError;
use ws_server::{
    Closed, Config, Endpoint, EndpointBuilder, EndpointError, Handlers, HandlersError, Opcode,
    OriginError, Part, Rsv, Slot, Text,
    extension::{Extension, Params, ServerChoice},
};
use ws_tests::probe::Probe;

use crate::{
    around::Greeter,
    spoken::{Clerk, Custom},
};

#[test]
fn endpoint_with_two_handlers_for_a_kind_is_refused() {
    let twice = Endpoint::<Probe>::builder().on::<Text>().on::<Text>();
    assert_eq!(
        twice.build().unwrap_err().to_string(),
        "two handlers are registered for text, one has to go"
    );
    let twice_closed = Endpoint::<Probe>::builder()
        .on::<Closed>()
        .on::<Text>()
        .on::<Closed>();
    let twice = HandlersError::Duplicate(Slot::of(Opcode::CLOSE));
    assert_eq!(
        twice_closed.build().unwrap_err(),
        EndpointError::Handlers(twice)
    );
}

#[test]
fn endpoint_that_wants_data_whole_and_in_parts_is_refused() {
    let both = Endpoint::<Greeter>::builder().on::<Text>().on::<Part>();
    assert_eq!(
        both.build().unwrap_err(),
        HandlersError::PartsAndMessages(Opcode::TEXT).into()
    );
    let parts = Endpoint::<Greeter>::builder().on::<Part>();
    assert!(parts.build().is_ok());
}

#[test]
fn endpoint_with_a_subprotocol_that_is_no_token_is_refused() {
    for name in ["", "chat room", "chat,room", "chât", "chat\r\nx: y"] {
        let endpoint = Endpoint::<Probe>::builder().subprotocols(["v1", name]);
        assert_eq!(
            endpoint.build().unwrap_err(),
            EndpointError::Subprotocol(FieldError::Subprotocol(name.to_owned()))
        );
    }
}

#[test]
fn endpoint_with_subprotocols_that_contradict_each_other_is_refused() {
    type Build = fn(EndpointBuilder<Probe>) -> EndpointBuilder<Probe>;
    let table: [(Build, EndpointError); 4] = [
        (
            |it| it.subprotocols(["v1", "v2", "v1"]),
            EndpointError::DuplicateSubprotocol("v1".to_owned()),
        ),
        (
            |it| it.subprotocols(["v1"]).subprotocol("v1", Handlers::new()),
            EndpointError::DuplicateSubprotocol("v1".to_owned()),
        ),
        (|it| it.require_subprotocol(), EndpointError::NoSubprotocol),
        (
            |it| it.subprotocol("v2", Handlers::new().on::<Text>().on::<Text>()),
            EndpointError::SubprotocolHandlers {
                subprotocol: "v2".to_owned(),
                error: HandlersError::Duplicate(Slot::of(Opcode::TEXT)),
            },
        ),
    ];
    for (build, error) in table {
        assert_eq!(build(Probe::endpoint()).build().unwrap_err(), error);
    }
}

#[test]
fn endpoint_with_two_owners_of_a_reserved_bit_is_refused() {
    type Build = fn(EndpointBuilder<Greeter>) -> EndpointBuilder<Greeter>;
    let claim = |bits| Config::new().claim_rsv(bits);
    let table: [(Build, Option<(Rsv, &str, &str)>); 8] = [
        (|it| it.extension(Own(Rsv::RSV2)), None),
        (|it| it.extension(Own(Rsv::RSV1)).compression(None), None),
        (
            |it| it.extension(Own(Rsv::RSV1)),
            Some((Rsv::RSV1, "x-own", "permessage-deflate")),
        ),
        (
            |it| {
                it.extension(Own(Rsv::RSV2))
                    .extension(Own(Rsv::RSV2.union(Rsv::RSV3)))
            },
            Some((Rsv::RSV2, "x-own", "x-own")),
        ),
        (
            |it| it.config(Config::new().claim_rsv(Rsv::RSV1)),
            Some((Rsv::RSV1, "Config::claim_rsv", "permessage-deflate")),
        ),
        (
            |it| {
                it.config(Config::new().claim_rsv(Rsv::RSV1))
                    .compression(None)
            },
            None,
        ),
        (
            |it| {
                let config = Config::new().claim_rsv(Rsv::RSV3);
                it.config(config).extension(Own(Rsv::RSV3))
            },
            Some((Rsv::RSV3, "Config::claim_rsv", "x-own")),
        ),
        // What only one of the subprotocols claims is claimed.
        (
            |it| {
                let config = Config::new().claim_rsv(Rsv::RSV1);
                it.subprotocol("v1", Handlers::new().config(config))
            },
            Some((Rsv::RSV1, "Config::claim_rsv", "permessage-deflate")),
        ),
    ];
    for (index, (build, clash)) in table.into_iter().enumerate() {
        let error = clash.map(|(bits, first, second)| EndpointError::ReservedBits {
            bits,
            first: first.to_owned(),
            second: second.to_owned(),
        });
        let built = build(Endpoint::builder().on::<Part>()).build();
        assert_eq!(built.err(), error, "{index}");
    }
    let clash = Endpoint::<Greeter>::builder()
        .config(claim(Rsv::RSV1))
        .build();
    assert_eq!(
        clash.unwrap_err().to_string(),
        "reserved bits 100 belong to \"Config::claim_rsv\" and to \"permessage-deflate\", one has \
         to go: `compression(None)` turns permessage-deflate off"
    );
}

/// An extension that owns these bits, and is never agreed on.
#[derive(Debug)]
struct Own(Rsv);

impl ServerChoice for Own {
    fn name(&self) -> &str {
        "x-own"
    }

    fn rsv(&self) -> Rsv {
        self.0
    }

    fn choose(&self, _: &Params, _: &[Params]) -> Option<(Params, Box<dyn Extension>)> {
        None
    }
}

#[test]
fn endpoint_with_an_opcode_that_is_not_free_is_refused() {
    let hijacks = Endpoint::<Clerk>::builder().on::<Custom<0x2, true>>();
    assert_eq!(
        hijacks.build().unwrap_err().to_string(),
        "opcode binary is not reserved: choose 0x3 to 0x7 for data, 0xb to 0xf for control"
    );
    let continues = Endpoint::<Clerk>::builder().on::<Custom<0x0, false>>();
    let error = continues.build().unwrap_err();
    assert_eq!(error, HandlersError::Continuation.into());
    let right = Endpoint::<Clerk>::builder()
        .on::<Custom<0x3, true>>()
        .on::<Custom<0xB, false>>();
    assert!(right.build().is_ok());
}

#[test]
fn endpoint_with_an_origin_that_is_none_is_refused() {
    let slash = Probe::endpoint().origins(["https://a.example", "https://b.example/"]);
    let error = slash.build().unwrap_err();
    let written = ["https://b.example/", "https://b.example"].map(str::to_owned);
    let [text, without] = written;
    assert_eq!(
        error,
        EndpointError::Origin(OriginError::Path(text, without))
    );
    let any = Probe::endpoint().origins(["nonsense"]).any_origin();
    assert!(any.build().is_ok());
}
