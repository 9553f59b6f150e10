use std::{fmt, sync::Arc};

use thiserror::Error;

use crate::Rsv;

use super::{Extension, Params, params::MalformedParams};

/// A server's side of agreeing on an extension.
///
/// One serves all connections of a server.
pub trait ServerChoice: fmt::Debug + Send + Sync {
    /// The name of the extension.
    fn name(&self) -> &str;

    /// The reserved bits that the extension would give a meaning, whatever
    /// parameters are agreed on: so that two owners of one bit are found out
    /// before a client comes. One that owns others is declined.
    fn rsv(&self) -> Rsv;

    /// Judges one offer of a client: the parameters to answer with, and the
    /// extension that runs with them. `None` declines, and the client's next
    /// offer is looked at.
    ///
    /// `accepted` is what was agreed on before, in order.
    fn choose(&self, offer: &Params, accepted: &[Params]) -> Option<(Params, Box<dyn Extension>)>;
}

/// A client's side of agreeing on an extension.
pub trait ClientOffer: fmt::Debug + Send + Sync {
    /// The name of the extension.
    fn name(&self) -> &str;

    /// The reserved bits that the extension would give a meaning. It is not
    /// offered where the application claims one of them.
    fn rsv(&self) -> Rsv;

    /// What to offer, the preferred parameters first.
    fn offers(&self) -> Vec<Params>;

    /// Judges the server's answer to the offers.
    ///
    /// `accepted` is what was agreed on before, in order.
    ///
    /// # Errors
    ///
    /// If the answer is none to an offer; the connection is not opened.
    fn agree(
        &self,
        answer: &Params,
        accepted: &[Params],
    ) -> Result<Box<dyn Extension>, NegotiationError>;
}

/// A server's answer about an extension cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NegotiationError {
    /// The field is not of its grammar.
    #[error(transparent)]
    Malformed(#[from] MalformedParams),
    /// The extension was not offered.
    #[error("server uses the extension {0:?}, which was not offered")]
    NotOffered(String),
    /// The parameters answer no offer.
    #[error("server answers the offer of an extension with {0:?}")]
    Parameters(String),
    /// Two extensions own one reserved bit.
    #[error("server agrees to {0:?}, whose reserved bits another extension owns")]
    ReservedBits(String),
}

/// The extensions that a connection runs, in the order agreed on.
#[derive(Debug, Default)]
pub struct Agreement {
    params: Vec<Params>,
    extensions: Vec<Box<dyn Extension>>,
}

impl Agreement {
    /// No extension.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            params: Vec::new(),
            extensions: Vec::new(),
        }
    }

    /// What was agreed on, in order.
    #[must_use]
    pub fn params(&self) -> &[Params] {
        &self.params
    }

    /// Adds an extension that both sides know of, for connections without a
    /// handshake.
    ///
    /// # Errors
    ///
    /// If another extension owns one of its reserved bits.
    pub fn add(
        &mut self,
        params: Params,
        extension: Box<dyn Extension>,
    ) -> Result<(), NegotiationError> {
        let mut claims = self.extensions.iter().map(|it| it.rsv());
        if claims.any(|claim| claim.intersects(extension.rsv())) {
            return Err(NegotiationError::ReservedBits(params.name().to_owned()));
        }
        self.params.push(params);
        self.extensions.push(extension);
        Ok(())
    }

    /// A server's agreement: of the client's offers, in their order, those that
    /// a choice accepts and whose reserved bits are free.
    pub(crate) fn choose(
        choices: &[Arc<dyn ServerChoice>],
        offers: &[Params],
        mut claimed: Rsv,
    ) -> Self {
        let mut agreement = Self::new();
        for offer in offers {
            let named = choices
                .iter()
                .filter(|choice| choice.name() == offer.name());
            let mut chosen = named.filter_map(|choice| {
                let chosen = choice.choose(offer, &agreement.params);
                chosen.filter(|(_, extension)| choice.rsv().contains(extension.rsv()))
            });
            let chosen = chosen.find(|(_, extension)| !extension.rsv().intersects(claimed));
            if let Some((params, extension)) = chosen {
                claimed = claimed.union(extension.rsv());
                agreement.params.push(params);
                agreement.extensions.push(extension);
            }
        }
        agreement
    }

    /// A client's agreement to a server's answer.
    pub(crate) fn agree(
        offers: &[Box<dyn ClientOffer>],
        answers: &[Params],
        mut claimed: Rsv,
    ) -> Result<Self, NegotiationError> {
        let mut agreement = Self::new();
        for answer in answers {
            let name = answer.name();
            // The answer is to any of the offers of its name.
            let mut extension = Err(NegotiationError::NotOffered(name.to_owned()));
            for offer in offers.iter().filter(|offer| offer.name() == name) {
                extension = offer.agree(answer, &agreement.params);
                if extension.is_ok() {
                    break;
                }
            }
            let extension = extension?;
            if extension.rsv().intersects(claimed) {
                return Err(NegotiationError::ReservedBits(name.to_owned()));
            }
            claimed = claimed.union(extension.rsv());
            agreement.params.push(answer.clone());
            agreement.extensions.push(extension);
        }
        Ok(agreement)
    }

    pub(crate) fn into_extensions(self) -> Vec<Box<dyn Extension>> {
        self.extensions
    }
}
