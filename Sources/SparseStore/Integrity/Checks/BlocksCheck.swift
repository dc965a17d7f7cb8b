internal import LMDB
internal import SparseFormat

/// Checks that the record of the block index is correct (I120), and that the index is complete and can be opened (I121,
/// and what a reader verifies when it opens one).
enum BlocksCheck: VerificationCheck {
    static let name = "blocks"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        guard let record = try verification.blockIndexRecord() else { return }
        try checkNumbers(record, manifest, verification)
        try checkParts(record, verification)
        guard let index = try verification.blockIndex(record) else { return }
        _ = try verification.attempt(in: .segments, at: Keys.segmentPrefix(record.number)) {
            try index.checkChunkHeaders()
        }
    }

    private static func checkNumbers(
        _ record: BlockIndexRecord, _ manifest: ManifestRecord, _ verification: Verification
    ) throws {
        func broken(_ sentence: String) { verification.broken(.blockSources, in: .meta, at: Keys.blocks, sentence) }
        let meta = verification.reader.meta
        let merge = try verification.attempt(in: .meta, at: Keys.merge) { try meta.merge() } ?? nil
        let retired = try verification.attempt(in: .meta, at: Keys.retired) { try meta.retired() } ?? []
        let listed = Dictionary(uniqueKeysWithValues: manifest.segments.map { ($0.id, $0) })
        let taken = Set(retired + (merge?.staged ?? []))
        if listed[record.number] != nil || taken.contains(record.number) || record.number >= manifest.nextSegment {
            broken("the number \(record.number) of the block index is in use elsewhere or was never assigned")
        }
        for source in record.sources {
            if let entry = listed[source.segment] {
                guard entry.documents != source.documents else { continue }
                broken(
                    "the block index has \(source.documents) documents of segment \(source.segment), which has "
                        + "\(entry.documents)")
            } else if source.segment >= manifest.nextSegment {
                broken("the block index has documents of segment \(source.segment), whose number was never assigned")
            }
        }
    }

    /// Checks only the keys and the lengths. Missing parts are reported when the index is opened.
    private static func checkParts(_ record: BlockIndexRecord, _ verification: Verification) throws {
        let prefix = Keys.segmentPrefix(record.number)
        var bytes: UInt64 = 0
        try verification.forEach(.segments, from: prefix) { value in
            guard value.key.starts(with: prefix) else { return false }
            bytes += UInt64(value.value.count)
            guard let key = try? Keys.parseSegment(value.key) else { return true }
            let part = SegmentTable.Part(rawValue: key.part)
            if part?.isOfBlocks != true || part == .blockDirectory && key.index > 0 {
                verification.broken(
                    .blockParts, in: .segments, at: value.key,
                    "the block index has an unexpected part \(key.part), index \(key.index)")
            }
            return true
        }
        if bytes != record.bytes {
            verification.broken(
                .blockParts, in: .segments, at: prefix,
                "the values of the block index have \(bytes) bytes, but its record says \(record.bytes)")
        }
    }
}

/// Checks that the lines of a block index are those of its documents (I123), its lists and summaries those of the lines
/// (I122), and its terms and their largest weights those of its sources (I121).
enum BlockContentsCheck: VerificationCheck {
    static let name = "block contents"

    static func run(_ verification: Verification, _ manifest: ManifestRecord) throws {
        guard let record = try verification.blockIndexRecord(), let index = try verification.blockIndex(record) else {
            return
        }
        if let slots = try slots(index, verification) {
            try checkSources(index, slots: slots, manifest: manifest, verification: verification)
        }
        try checkLists(index, verification)
    }

    /// Returns the slot of each document of the sources that has one. Returns nil, with a finding, if a slot belongs to
    /// no document or two slots belong to the same one. Memory is bounded by the slots that exist, because the record
    /// of the index may claim more documents.
    private static func slots(_ index: BlockIndex, _ verification: Verification) throws -> [Int: Int]? {
        let prefix = Keys.segmentPrefix(index.record.number)
        return try verification.attempt(in: .segments, at: prefix) {
            var slots: [Int: Int] = [:]
            slots.reserveCapacity(index.directory.slots)
            for slot in 0..<index.directory.slots {
                try index.provePlace(of: slot)
                let document = index.lines.document(at: slot)
                guard document < index.record.documents, slots[document] == nil else {
                    verification.broken(
                        .blockLines, in: .segments, at: prefix,
                        "slot \(slot) belongs to document \(document), which does not exist or has another slot")
                    return nil
                }
                slots[document] = slot
            }
            return slots
        } ?? nil
    }

    private static func checkSources(
        _ index: BlockIndex, slots: [Int: Int], manifest: ManifestRecord, verification: Verification
    ) throws {
        let prefix = Keys.segmentPrefix(index.record.number)
        let quantizers = index.directory.entries.map { ImpactQuantizer(maximum: $0.maximum) }
        var maxima = BlockMaxima(index.directory)
        var begin = 0
        for source in index.record.sources {
            defer { begin += Int(source.documents) }
            let entry = manifest.segments.first { $0.id == source.segment && $0.documents == source.documents }
            guard let entry, let window = try verification.window(entry),
                let dead = try verification.marks(.removed, of: window)
            else {
                maxima.skip()
                continue
            }
            let directory = window.directory
            let positions = (0..<directory.count).map { index.directory.position(of: directory.term(at: $0)) }
            for (own, position) in positions.enumerated() {
                guard let position else {
                    verification.broken(
                        .blockParts, in: .segments, at: prefix,
                        "term \(directory.term(at: own)) of segment \(window.id) is not in the block index")
                    continue
                }
                maxima.add(directory.entry(at: own).maximum, at: position)
            }
            guard !positions.contains(nil) else { continue }
            let vectors = WindowVectors(window, verification)
            for ordinal in 0..<window.documentCount where !dead.contains(ordinal) {
                try verification.visit(.segments, prefix)
                let isSame = try verification.attempt(in: .segments, at: prefix) {
                    try has(
                        index, slot: slots[begin + ordinal], vector: vectors.vector(at: ordinal),
                        positions: positions, quantizers: quantizers)
                }
                if isSame == false {
                    verification.broken(
                        .blockLines, in: .segments, at: prefix,
                        "the lines of ordinal \(ordinal) of segment \(window.id) do not match its vector")
                }
            }
        }
        for (position, entry) in index.directory.entries.enumerated() where !maxima.isExplained[position] {
            verification.broken(
                .blockParts, in: .segments, at: prefix,
                "the largest weight of term \(entry.term) is \(maxima.largest[position]), but the block index says "
                    + "\(entry.maximum)"
            )
        }
    }

    /// Returns whether a slot's lines are those of a vector; nil if the vector is missing or damaged, which other
    /// checks report. Every live document with a vector has a slot.
    ///
    /// - Parameters:
    ///   - positions: The position in the index's directory of each term of the window's.
    ///   - quantizers: The quantizers by position in the index's directory.
    private static func has(
        _ index: BlockIndex, slot: Int?, vector: WindowVectors.Vector?, positions: [Int?],
        quantizers: [ImpactQuantizer]
    ) throws -> Bool? {
        guard let vector else { return nil }
        guard let slot else { return vector.weights.isEmpty }
        var components: [(weight: Float, position: Int)] = []
        for (own, weight) in zip(vector.positions, vector.weights) {
            guard positions.indices.contains(own), let position = positions[own], Limits.weights.contains(weight)
            else { return nil }
            components.append((weight, position))
        }
        var writer = ImpactLineWriter()
        _ = writer.append(
            0,
            BlockLines.components(components, quantizers)
                .map { (number: index.directory.numbers[$0.position], code: $0.code) })
        let count = writer.lines
        guard let expected = writer.finish() else { return nil }
        try index.provePlace(of: slot)
        let place = index.lines.place(of: slot)
        try index.proveLines(at: place)
        return index.lines.bytes(at: place, lines: count).elementsEqual(expected)
    }

    private static func checkLists(_ index: BlockIndex, _ verification: Verification) throws {
        var lists = BlockListComparison(index)
        for (position, entry) in index.directory.entries.enumerated() where entry.postings > 0 {
            let part = SegmentTable.Part.blockLists.rawValue
            let key = Keys.segment(index.record.number, part: part, index: entry.chunk)
            try verification.visit(.segments, key)
            func broken(_ what: String) {
                verification.broken(
                    .blockLists, in: .segments, at: key, "the list of term \(entry.term) in the block index: \(what)")
            }
            if let problem = try verification.attempt(in: .segments, at: key, { try lists.problem(at: position) })
                ?? nil
            {
                broken(problem)
            }
        }
    }
}

/// Compares the maxima of a block index with the largest weights in its sources. The index was built from the first
/// sources and extended with the others, so a term's maximum is its largest weight in the first n sources, for some n.
private struct BlockMaxima {
    private let entries: [BlockEntry]
    /// The largest weight of each term so far.
    private(set) var largest: [Float]
    /// Whether each maximum was the largest weight after one of the sources.
    private(set) var isExplained: [Bool]
    private var hasGap = false

    init(_ directory: BlockDirectory) {
        entries = directory.entries
        largest = [Float](repeating: 0, count: entries.count)
        isExplained = [Bool](repeating: false, count: entries.count)
    }

    /// Adds the largest weight of the term at a position in the next source.
    mutating func add(_ weight: Float, at position: Int) {
        largest[position] = max(largest[position], weight)
        if largest[position] == entries[position].maximum { isExplained[position] = true }
    }

    /// Goes on behind a source that is gone. It may have had any weights.
    mutating func skip() {
        guard !hasGap else { return }
        hasGap = true
        for (position, entry) in entries.enumerated() where entry.maximum >= largest[position] {
            isExplained[position] = true
        }
    }
}

/// Compares lists of a block index with the lines of their documents.
struct BlockListComparison {
    private let index: BlockIndex
    /// One bit per slot, for the slots of the current list.
    private var seen: Bitmap
    /// The largest code of each term number in the current block.
    private var largest = [UInt8](repeating: 0, count: BlockNumbers.count)

    init(_ index: BlockIndex) {
        self.index = index
        seen = Bitmap(count: index.directory.slots)
    }

    /// Returns what is wrong with the list of the term at a position; nil if it is correct.
    mutating func problem(at position: Int) throws -> String? {
        guard let list = try index.list(at: position) else { return nil }
        guard let summaries = summaries(of: list, position) else { return "its parts are out of order" }
        let number = index.directory.numbers[position]
        seen = Bitmap(count: seen.count)
        var componentsLeft = index.directory.lines * ImpactLine.components
        for block in 0..<list.blocks {
            var numbers: [Int] = []
            defer { for number in numbers { largest[number] = 0 } }
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
                index.lines.components(at: place) { other, code in
                    components += 1
                    if other == number { hasTerm = true }
                    if largest[Int(other)] == 0 { numbers.append(Int(other)) }
                    largest[Int(other)] = max(largest[Int(other)], code)
                }
                componentsLeft -= components
                guard componentsLeft >= 0 else { return "its documents share lines" }
                // The lines of a document that has more leave its lightest terms out.
                guard hasTerm || components == ImpactLine.linesPerChunk * ImpactLine.components else {
                    return "the document at slot \(slot) does not have the term"
                }
            }
            for (other, code) in summaries[block] where largest[other] != code {
                return "the summary of block \(block) has code \(code) for a term whose largest code is "
                    + "\(largest[other])"
            }
        }
        return nil
    }

    /// Returns the summary of each block; nil if the list is not in its canonical layout, that is, if encoding its
    /// content again gives other bytes.
    private func summaries(of list: BlockList, _ position: Int) -> [[(number: Int, code: UInt8)]]? {
        let content = BlockListWriter.Content(list)
        var summaries = [[(number: Int, code: UInt8)]](repeating: [], count: list.blocks)
        var isSound = true
        list.forEachComponent { block, number, code in
            if block < summaries.count { summaries[block].append((number, code)) } else { isSound = false }
        }
        let isAscending =
            zip(content.ends, content.ends.dropFirst()).allSatisfy { $0 < $1 } && content.ends.first != 0
            && zip(content.components, content.components.dropFirst()).allSatisfy { $0 >> 8 < $1 >> 8 }
        guard isSound, isAscending, content.ends.last.map(Int.init) == list.postings else { return nil }
        let entry = index.directory.entries[position]
        var writer = BlockListWriter()
        _ = writer.append(entry.term, maximum: entry.maximum, content)
        return writer.finish().map(list.bytes.elementsEqual) == true ? summaries : nil
    }
}
