internal import SparseFormat

/// Compares lists of a block index with the lines of their documents.
struct BlockListComparison {
    private let index: BlockIndex
    /// One bit per slot, for the slots of the current list.
    private var seen: Bitmap
    /// The largest code of each term in the current block.
    private var largest = [UInt8](repeating: 0, count: BlockEntry.maximumColumns)

    init(_ index: BlockIndex) {
        self.index = index
        seen = Bitmap(count: index.directory.slots)
    }

    /// Returns what is wrong with the list of a term; nil if it is correct.
    mutating func problem(of number: Int) throws -> String? {
        guard let list = try index.list(number) else { return nil }
        guard let summaries = summaries(of: list, number) else { return "its parts are out of order" }
        seen = Bitmap(count: seen.count)
        var componentsLeft = index.directory.lines * ImpactLine.components
        for block in 0..<list.blocks {
            var terms: [Int] = []
            defer { for term in terms { largest[term] = 0 } }
            for posting in list.range(of: block) {
                let slot = list.slot(posting)
                guard slot < seen.count, !seen.contains(slot) else {
                    return "slot \(slot) belongs to no document, or appears twice"
                }
                seen.insert(slot)
                try index.provePlace(of: slot)
                let place = index.lines.place(of: slot)
                try index.proveLines(at: place)
                var hasTerm = false
                var components = 0
                index.lines.components(at: place) { term, code in
                    components += 1
                    if Int(term) == number { hasTerm = true }
                    if largest[Int(term)] == 0 { terms.append(Int(term)) }
                    largest[Int(term)] = max(largest[Int(term)], code)
                }
                componentsLeft -= components
                guard componentsLeft >= 0 else { return "its documents share lines" }
                // The lines of a document that has more leave its lightest terms out.
                guard hasTerm || components == ImpactLine.linesPerChunk * ImpactLine.components else {
                    return "the document at slot \(slot) does not have the term"
                }
            }
            for (term, code) in summaries[block] where largest[term] != code {
                return
                    "the summary of block \(block) has code \(code) for a term whose largest code is \(largest[term])"
            }
        }
        return nil
    }

    /// Returns the summary of each block; nil if the list is not in its canonical layout, that is, if encoding its
    /// content again gives other bytes.
    private func summaries(of list: BlockList, _ number: Int) -> [[(term: Int, code: UInt8)]]? {
        var content = BlockListWriter.Content()
        var summaries = [[(term: Int, code: UInt8)]](repeating: [], count: list.blocks)
        var isSound = true
        list.forEachComponent { block, term, code in
            content.components.append(UInt64(term) << 32 | UInt64(block) << 8 | UInt64(code))
            if block < summaries.count { summaries[block].append((term, code)) } else { isSound = false }
        }
        content.slots = (0..<list.postings).map { UInt32(truncatingIfNeeded: list.slot($0)) }
        content.ends = (0..<list.blocks).map { UInt16(truncatingIfNeeded: list.range(of: $0).upperBound) }
        let isAscending =
            zip(content.ends, content.ends.dropFirst()).allSatisfy { $0 < $1 } && content.ends.first != 0
            && zip(content.components, content.components.dropFirst()).allSatisfy { $0 >> 8 < $1 >> 8 }
        guard isSound, isAscending, content.ends.last.map(Int.init) == list.postings else { return nil }
        let entry = index.directory.entries[number]
        var writer = BlockListWriter()
        _ = writer.append(entry.term, maximum: entry.maximum, content)
        return writer.finish().map(list.bytes.elementsEqual) == true ? summaries : nil
    }
}
