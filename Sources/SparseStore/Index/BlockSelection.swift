/// Selects the documents in a term's list of a block index: those whose weight reaches the threshold of the whole
/// index, within the minimum and maximum of the settings.
struct BlockSelection {
    let settings: BlockSettings
    let sources: BlockSources
    let least: Float
    /// The slot of each document of the sources; `UInt32.max` for one that has none.
    let slotOfDocument: [UInt32]

    /// Returns the slots in ascending order.
    func slots(of number: Int) throws -> [Int] {
        var found: [(slot: Int, weight: Float)] = []
        try sources.forEachPosting(of: number) { document, weight in
            let slot = slotOfDocument[document]
            if slot < .max { found.append((Int(slot), weight)) }
        }
        let reaching = found.reduce(0) { $0 + ($1.weight >= least ? 1 : 0) }
        let count = min(max(reaching, settings.leastPostings), settings.mostPostings, found.count)
        if count < found.count {
            if count == reaching {
                found.removeAll { $0.weight < least }
            } else {
                found.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.slot < $1.slot }
                found.removeLast(found.count - count)
            }
        }
        return found.map(\.slot).sorted()
    }
}
