//! What became of the transactions of a block, put in block order.

use isobath_sdk::chain::helpers::Helpers;
use isobath_sdk::chain::record::{Executions, Room};

use super::buffers::ParallelBuffers;
use super::lane::LaneEnd;
use crate::block::lane::Totals;
use crate::block::seal::Executed;

/// No place: of a transaction that is not in the block.
const NOWHERE: (u32, u32) = (u32::MAX, u32::MAX);

/// Takes the transactions out of the order, and what became of them out of the lanes; the buffers are then free for the next
/// block.
pub(super) fn gather(
    buffers: &mut ParallelBuffers,
    mut ends: Vec<LaneEnd>,
    helpers: &dyn Helpers,
) -> Executed {
    let mut totals = Totals::default();
    ends.iter().for_each(|end| totals.add(&end.totals));
    let rooms = ends.iter().map(|end| end.executions.room());
    buffers.lane_room = rooms.fold(Room::default(), Room::max).with_reserve();
    let len = buffers.workers.restart();
    Executed {
        executions: in_order(&mut ends, len),
        transactions: buffers.order.drain(len, helpers),
        totals,
    }
}

/// The executions of all lanes in block order. The block has `len` positions.
fn in_order(ends: &mut [LaneEnd], len: u32) -> Executions {
    ends.iter_mut().for_each(|end| end.executions.fit());
    if let [end] = ends
        && end.kept.is_sorted()
    {
        return std::mem::take(&mut end.executions);
    }
    let mut places = vec![NOWHERE; len as usize];
    for (lane, end) in (0..).zip(&*ends) {
        for (index, position) in (0..).zip(&end.kept) {
            places[*position as usize] = (lane, index);
        }
    }
    places.retain(|place| *place != NOWHERE);
    let parts = ends.iter_mut().map(|end| std::mem::take(&mut end.executions));
    Executions::merged(parts.collect(), places)
}
