//! Carrying out what was asked for, in every way in which it may go.

use std::collections::BTreeMap;

use super::{
    Bug,
    world::{World, probe},
};
use crate::commit::{Answer, Comparison, Effect, Event, fence};
use crate::model::{Generation, Head, ObjectKey, Revision, Sha256, Tx};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Answered,
    /// Applied, the answer lost.
    Lost,
    /// Not applied, no answer.
    Dropped,
    /// No answer; it lands or vanishes at any later moment.
    Delayed,
    /// 403, not applied.
    Refused,
}

impl How {
    pub(super) const ALL: [Self; 5] =
        [Self::Answered, Self::Lost, Self::Dropped, Self::Delayed, Self::Refused];
}

impl World {
    /// Carries an effect out in one way; none: that way makes no sense for it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what is no write is a read")]
    pub(super) fn carry_out(
        &mut self,
        tx: &Tx,
        drafts: &BTreeMap<ObjectKey, Option<Generation>>,
        effect: &Effect,
        how: How,
        bug: Bug,
    ) -> Option<Event> {
        let unknown = if bug == Bug::UnknownIsRefused {
            Answer::Refused("reset".to_owned())
        } else {
            Answer::Unknown
        };
        let answer = |world: &mut Self, write: &mut dyn FnMut(&mut Self) -> Answer| match how {
            How::Answered => Some(write(world)),
            How::Lost => {
                write(world);
                Some(unknown.clone())
            }
            How::Dropped => Some(unknown.clone()),
            How::Refused => Some(Answer::Refused("403".to_owned())),
            How::Delayed => None,
        };
        let write = match effect {
            Effect::CreateHead { head, .. } => {
                self.send_head(None, head.clone(), how, &unknown, bug)
            }
            Effect::SwapHead { head, matches, .. } => {
                self.send_head(Some(matches.clone()), head.clone(), how, &unknown, bug)
            }
            Effect::Fence { base, nonce, .. } => {
                let head = fence(&base.head, nonce, Sha256::of(b""), "test");
                self.send_head(Some(base.revision.clone()), head, how, &unknown, bug)
            }
            Effect::CreateJournal { journal, .. } => {
                let put = &mut |w: &mut Self| w.put_journal(journal.clone(), None);
                Event::JournalWritten(answer(self, put)?)
            }
            Effect::SwapJournal { journal, matches, .. } => {
                let put = &mut |w: &mut Self| w.put_journal(journal.clone(), Some(matches));
                Event::JournalWritten(answer(self, put)?)
            }
            Effect::Write { key, .. } => {
                let draft = drafts.get(key).cloned().flatten();
                let put = &mut |w: &mut Self| w.put_object(key, draft.clone());
                let answer = answer(self, put)?;
                if bug == Bug::DocumentsUnchecked && answer == Answer::Unknown {
                    return Some(Event::Written(
                        key.clone(),
                        Answer::Done(Revision(key.to_string())),
                    ));
                }
                Event::Written(key.clone(), answer)
            }
            read => {
                return match how {
                    How::Answered => Some(self.read(read, tx)),
                    How::Dropped => Some(Event::ReadFailed),
                    How::Lost | How::Delayed | How::Refused => None,
                };
            }
        };
        Some(write)
    }

    fn send_head(
        &mut self,
        matches: Option<Revision>,
        head: Head,
        how: How,
        unknown: &Answer,
        bug: Bug,
    ) -> Event {
        let answer = match how {
            How::Answered => self.put_head(matches.as_ref(), head, bug),
            How::Lost => {
                self.put_head(matches.as_ref(), head, bug);
                unknown.clone()
            }
            How::Dropped => unknown.clone(),
            How::Refused => Answer::Refused("403".to_owned()),
            How::Delayed => {
                self.loose.push((matches, head));
                unknown.clone()
            }
        };
        Event::HeadWritten(answer)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "all else is a write")]
    fn read(&self, effect: &Effect, tx: &Tx) -> Event {
        match effect {
            Effect::LookForGenerations => {
                Event::Generations(self.objects.keys().any(|key| key.as_str().starts_with("gen/")))
            }
            Effect::Probe => Event::Probed(probe()),
            Effect::LookForLater { .. } => Event::Later(None),
            Effect::ReadBase => Event::BaseRead(self.head.clone()),
            Effect::ReadHead => Event::HeadRead(self.head.clone()),
            Effect::ReadJournal => Event::JournalRead(self.journals.get(tx).cloned()),
            Effect::ReadGeneration(at) => Event::GenerationRead(self.generation(at)),
            Effect::Compare(key) => Event::Compared(
                key.clone(),
                if self.objects.contains_key(key) { Comparison::Same } else { Comparison::Absent },
            ),
            other => panic!("{other:?} is no read"),
        }
    }
}
