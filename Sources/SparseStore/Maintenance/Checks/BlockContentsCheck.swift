internal import LMDB
internal import SparseFormat

/// Checks that the lines of a block index are those of its documents (I123), its lists and summaries those of the lines
/// (I122), and its terms and their largest weights those of its sources (I121).
enum BlockContentsCheck: VerificationCheck {
    static let name = "block contents"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        guard let record = try verification.blockIndexRecord(), let index = try verification.blockIndex(record) else {
            return
        }
        if let slots = try slots(index, verification) {
            try checkSources(index, slots, manifest, verification)
        }
        try checkLists(index, verification)
    }

    /// The slot of each document of the sources that has one; nil, with a finding, when slots are of no document or of one
    /// that another has. As many as there are slots: the record of the index may speak of more documents than there are.
    private static func slots(_ index: BlockIndex, _ verification: Verification) throws -> [Int: Int]? {
        let prefix = Keys.segmentPrefix(index.record.number)
        return try verification.attempt(.segments, prefix) {
            var slots: [Int: Int] = [:]
            slots.reserveCapacity(index.directory.slots)
            for slot in 0..<index.directory.slots {
                try index.provePlace(of: slot)
                let document = index.lines.document(at: slot)
                guard document < index.record.documents, slots[document] == nil else {
                    verification.broken(
                        .blockLines, .segments, prefix,
                        "slot \(slot) belongs to document \(document), which does not exist or has another slot")
                    return nil
                }
                slots[document] = slot
            }
            return slots
        } ?? nil
    }

    private static func checkSources(
        _ index: BlockIndex, _ slots: [Int: Int], _ manifest: ManifestRecord, _ verification: Verification
    ) throws {
        let prefix = Keys.segmentPrefix(index.record.number)
        let quantisers = index.directory.entries.map { ImpactQuantiser(maximum: $0.maximum) }
        var maxima = [Float](repeating: 0, count: quantisers.count)
        var hasAll = true
        var begin = 0
        for source in index.record.sources {
            defer { begin += Int(source.documents) }
            let entry = manifest.segments.first { $0.id == source.segment && $0.documents == source.documents }
            guard let entry, let window = try verification.window(entry),
                let dead = try verification.tombstones(window)
            else {
                hasAll = false
                continue
            }
            let directory = window.directory
            let numbers = (0..<directory.count).map { index.directory.number(of: directory.term(at: $0)) }
            for (position, number) in numbers.enumerated() {
                guard let number else {
                    verification.broken(
                        .blockParts, .segments, prefix,
                        "term \(directory.term(at: position)) of segment \(window.id) is not in the block index")
                    continue
                }
                maxima[number] = max(maxima[number], directory.entry(at: position).maximum)
            }
            guard !numbers.contains(nil) else { continue }
            let vectors = WindowVectors(window, verification)
            for ordinal in 0..<window.documentCount where !dead.contains(ordinal) {
                try verification.visit(.segments, prefix)
                let isSame = try verification.attempt(.segments, prefix) {
                    try has(index, slots[begin + ordinal], vectors.vector(at: ordinal), numbers, quantisers)
                }
                if isSame == false {
                    verification.broken(
                        .blockLines, .segments, prefix,
                        "the lines of ordinal \(ordinal) of segment \(window.id) do not match its vector")
                }
            }
        }
        // What a source that is gone had as the largest weight is not known.
        for (number, entry) in index.directory.entries.enumerated()
        where hasAll ? maxima[number] != entry.maximum : maxima[number] > entry.maximum {
            verification.broken(
                .blockParts, .segments, prefix,
                "the largest weight of term \(entry.term) is \(maxima[number]), but the block index says "
                    + "\(entry.maximum)"
            )
        }
    }

    /// Returns whether a slot's lines are those of a vector; nil if the vector is missing or damaged, which other
    /// checks report. Every live document has a slot.
    private static func has(
        _ index: BlockIndex, _ slot: Int?, _ vector: WindowVectors.Vector?, _ numbers: [Int?],
        _ quantisers: [ImpactQuantiser]
    ) throws -> Bool? {
        guard let vector else { return nil }
        guard let slot else { return false }
        var components: [(weight: Float, number: UInt16)] = []
        for (position, weight) in zip(vector.positions, vector.weights) {
            guard numbers.indices.contains(position), let number = numbers[position], Limits.weights.contains(weight)
            else { return nil }
            components.append((weight, UInt16(truncatingIfNeeded: number)))
        }
        var writer = ImpactLineWriter()
        _ = writer.append(0, BlockLines.components(components, quantisers))
        let count = writer.lines
        guard let expected = writer.finish() else { return nil }
        try index.provePlace(of: slot)
        let place = index.lines.place(of: slot)
        try index.proveLines(at: place)
        return index.lines.bytes(at: place, lines: count).elementsEqual(expected)
    }

    private static func checkLists(_ index: BlockIndex, _ verification: Verification) throws {
        var lists = BlockListComparison(index)
        for (number, entry) in index.directory.entries.enumerated() where entry.postings > 0 {
            let part = SegmentTable.Part.blockLists.rawValue
            let key = Keys.segment(index.record.number, part: part, index: entry.chunk)
            try verification.visit(.segments, key)
            func broken(_ what: String) {
                verification.broken(
                    .blockLists, .segments, key, "the list of term \(entry.term) in the block index: \(what)")
            }
            if let problem = try verification.attempt(.segments, key, { try lists.problem(of: number) }) ?? nil {
                broken(problem)
            }
        }
    }
}
