//! The catalogue: in which ways one request can fail.

use depstate::{
    model::ObjectMeta,
    storage::{PutError, StorageError},
};

/// A way to fail, as it is met on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    DroppedBefore,
    AnswerLost,
    /// Carried out just before the next request.
    LateNext,
    /// Carried out after the run.
    LateAfter,
    Conflict409,
    False412,
    Error500,
    SlowDown503,
    SlowDown503Applied,
    ErrorBody200,
    ErrorBody200Applied,
    /// The answer breaks off.
    Truncated,
    ExpiredToken,
    SkewedClock,
    DiskFull,
}

impl Fault {
    pub(crate) const ALL: [Self; 15] = [
        Self::DroppedBefore,
        Self::AnswerLost,
        Self::LateNext,
        Self::LateAfter,
        Self::Conflict409,
        Self::False412,
        Self::Error500,
        Self::SlowDown503,
        Self::SlowDown503Applied,
        Self::ErrorBody200,
        Self::ErrorBody200Applied,
        Self::Truncated,
        Self::ExpiredToken,
        Self::SkewedClock,
        Self::DiskFull,
    ];

    pub(crate) fn fate(self) -> Fate {
        match self {
            Self::DroppedBefore => Fate::Unknown("connection reset"),
            Self::AnswerLost => Fate::UnknownApplied("timeout"),
            Self::LateNext | Self::LateAfter => Fate::Late,
            Self::Conflict409 => Fate::Conflict,
            Self::False412 => Fate::False412,
            Self::Error500 => Fate::Unknown("500 InternalError"),
            Self::SlowDown503 => Fate::Unknown("503 SlowDown"),
            Self::SlowDown503Applied => Fate::UnknownApplied("503 SlowDown"),
            Self::ErrorBody200 => Fate::Unknown("200 with <Error>InternalError</Error>"),
            Self::ErrorBody200Applied => {
                Fate::UnknownApplied("200 with <Error>InternalError</Error>")
            }
            Self::Truncated => Fate::Cut,
            Self::ExpiredToken => Fate::Denied("403 ExpiredToken"),
            Self::SkewedClock => Fate::Denied("403 RequestTimeTooSkewed"),
            Self::DiskFull => Fate::Full,
        }
    }
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    Answered,
    Unknown(&'static str),
    UnknownApplied(&'static str),
    Late,
    Conflict,
    False412,
    Cut,
    Denied(&'static str),
    Full,
}

impl Fate {
    pub(crate) fn late(self) -> bool {
        matches!(self, Self::Late)
    }

    /// Whether it is carried out now.
    pub(crate) fn applied(self) -> bool {
        matches!(self, Self::Answered | Self::UnknownApplied(_) | Self::Cut)
    }

    /// The answer to what is no conditional write.
    pub(crate) fn read(self) -> Result<(), StorageError> {
        let failed =
            |message: &str| Err(StorageError::Failed { message: message.to_owned(), help: None });
        match self {
            Self::Answered => Ok(()),
            Self::Unknown(why) | Self::UnknownApplied(why) => failed(why),
            Self::Late => failed("timeout"),
            Self::Conflict => failed("409 OperationAborted"),
            Self::False412 => failed("412 PreconditionFailed"),
            Self::Cut => failed("the answer breaks off"),
            Self::Denied(why) => Err(StorageError::Denied { message: why.to_owned(), help: None }),
            Self::Full => failed("no space left on device"),
        }
    }

    /// The answer to a conditional write.
    pub(crate) fn write(
        self,
        write: impl FnOnce() -> Result<ObjectMeta, PutError>,
    ) -> Result<ObjectMeta, PutError> {
        match self {
            Self::Answered => write(),
            Self::Unknown(why) => Err(PutError::Unknown(why.to_owned())),
            Self::UnknownApplied(why) => {
                let _lost = write();
                Err(PutError::Unknown(why.to_owned()))
            }
            Self::Cut => {
                let _lost = write();
                Err(PutError::Unknown("the answer breaks off".to_owned()))
            }
            Self::Late => Err(PutError::Unknown("timeout".to_owned())),
            Self::Conflict => Err(PutError::Conflict("409".to_owned())),
            Self::False412 => Err(PutError::Precondition("it holds".to_owned())),
            Self::Denied(_) | Self::Full => match self.read() {
                Ok(()) => write(),
                Err(error) => Err(PutError::Refused(error)),
            },
        }
    }
}
