use std::{iter, sync::Arc};

use actix::Actor;
use ws_actors::WsContext;
use ws_core::{Rsv, extension::ServerChoice};

use crate::{EndpointError, admission::Cap, origin::Origins};

use super::{Endpoint, EndpointBuilder, Inner, builder::Subprotocol};

impl<A: Actor<Context = WsContext<A>>> EndpointBuilder<A> {
    /// Finishes the description.
    ///
    /// # Errors
    ///
    /// If it contradicts itself.
    pub fn build(self) -> Result<Endpoint<A>, EndpointError> {
        self.handlers.check()?;
        let mut names = Vec::new();
        let mut others = Vec::new();
        for Subprotocol { name, handlers } in self.subprotocols {
            if names.contains(&name) {
                return Err(EndpointError::DuplicateSubprotocol(name));
            }
            names.push(name.clone());
            if let Some(handlers) = handlers {
                let handlers = handlers.with_defaults_of(&self.handlers);
                if let Err(error) = handlers.check() {
                    let subprotocol = name;
                    return Err(EndpointError::SubprotocolHandlers { subprotocol, error });
                }
                others.push((name, Arc::new(handlers)));
            }
        }
        if names.is_empty() && self.subprotocol_required {
            return Err(EndpointError::NoSubprotocol);
        }
        let claims = others.iter().map(|(_, it)| it.protocol().claimed_rsv());
        let claimed = claims.fold(self.handlers.protocol().claimed_rsv(), Rsv::union);
        let mut handshake = self.handshake.claim_rsv(claimed).subprotocols(names)?;
        let mut extensions = self.extensions;
        if let Some(deflate) = self.compression {
            let owner = ServerChoice::name(&deflate).to_owned();
            extensions.push((owner, ServerChoice::rsv(&deflate)));
            handshake = handshake.extension(deflate);
        }
        check_owners(claimed, &extensions)?;
        let origins = match &self.origins {
            Some(listed) => Origins::listed(listed.iter().map(|it| &**it), self.own_origin)?,
            None => Origins::Any,
        };
        Ok(Endpoint(Arc::new(Inner {
            handlers: Arc::new(self.handlers),
            others,
            handshake,
            origins,
            shutdown: self.shutdown,
            admission: self.admission,
            cap: self.max_connections.map(Cap::new),
        })))
    }
}

/// No reserved bit has two owners.
fn check_owners(claimed: Rsv, extensions: &[(String, Rsv)]) -> Result<(), EndpointError> {
    let application = ("Config::claim_rsv".to_owned(), claimed);
    let owners: Vec<_> = iter::once(&application).chain(extensions).collect();
    for (index, (second, rsv)) in owners.iter().enumerate() {
        for (first, other) in &owners[..index] {
            if rsv.intersects(*other) {
                return Err(EndpointError::ReservedBits {
                    bits: rsv.without(rsv.without(*other)),
                    first: first.clone(),
                    second: second.clone(),
                });
            }
        }
    }
    Ok(())
}
