internal import SparseFormat

/// Collects documents and lays their postings out as one window: per term the ordinals and 8-bit codes.
///
/// Memory: 12 bytes a nonzero while documents are added, as much again while `build` runs.
struct WindowBuilder {
    /// Numbers ascend; the position of a number is the document's ordinal.
    private(set) var numbers: [UInt64] = []
    private var ends: [Int] = []
    private var terms: [TermID] = []
    private var weights: [Float] = []

    /// Chunks are closed when they reach this size; LMDB reuses freed runs of this size easily.
    static let chunkBytes = 1 << 20
    /// A list of more than a documents' share of 1 / this is stored dense: adding it by vector instructions then
    /// costs less than one random addition a posting.
    static let denseShare = 8

    var count: Int { numbers.count }
    var nonzeros: Int { terms.count }

    /// Adds a document. Numbers must ascend; at most `Limits.maximumDocumentsPerWindow` documents.
    mutating func add(_ number: UInt64, _ vector: SparseVector) {
        numbers.append(number)
        terms.append(contentsOf: vector.terms)
        weights.append(contentsOf: vector.weights)
        ends.append(terms.count)
    }

    /// The same documents without those of `dropped`.
    func without(_ dropped: Set<UInt64>) -> WindowBuilder { select { !dropped.contains(numbers[$0]) } }

    /// The same documents in windows of at most `Limits.maximumDocumentsPerWindow`.
    func split() -> [WindowBuilder] {
        let most = Limits.maximumDocumentsPerWindow
        if count <= most { return count == 0 ? [] : [self] }
        return stride(from: 0, to: count, by: most).map { first in select { $0 >= first && $0 < first + most } }
    }

    private func select(_ isKept: (Int) -> Bool) -> WindowBuilder {
        var kept = WindowBuilder()
        for ordinal in numbers.indices where isKept(ordinal) {
            let range = (ordinal == 0 ? 0 : ends[ordinal - 1])..<ends[ordinal]
            kept.numbers.append(numbers[ordinal])
            kept.terms.append(contentsOf: terms[range])
            kept.weights.append(contentsOf: weights[range])
            kept.ends.append(kept.terms.count)
        }
        return kept
    }

    /// A built window: what its parts say, ready to be sealed.
    struct Window {
        var numbers: [UInt64]
        var nonzeros: Int
        var entries: [WindowEntry]
        var chunks: [[UInt8]]
    }

    /// Inverts the documents: a counting sort by term, then one list after the other.
    func build() -> Window {
        let slots = TermSlots(terms)
        var begins = [Int](repeating: 0, count: slots.count + 1)
        var slotOf = [UInt32](repeating: 0, count: terms.count)
        for index in terms.indices {
            let slot = slots.slot(of: terms[index])
            slotOf[index] = UInt32(slot)
            begins[slot + 1] += 1
        }
        for slot in 0..<slots.count { begins[slot + 1] += begins[slot] }
        var ordinals = [UInt16](repeating: 0, count: terms.count)
        var values = [Float](repeating: 0, count: terms.count)
        var next = begins
        var index = 0
        for (ordinal, end) in ends.enumerated() {
            while index < end {
                let slot = Int(slotOf[index])
                let position = next[slot]
                ordinals[position] = UInt16(truncatingIfNeeded: ordinal)
                values[position] = weights[index]
                next[slot] = position + 1
                index += 1
            }
        }
        var window = Window(numbers: numbers, nonzeros: terms.count, entries: [], chunks: [])
        var chunk = WindowChunk(documents: count)
        window.entries.reserveCapacity(slots.count)
        for slot in 0..<slots.count {
            let range = begins[slot]..<begins[slot + 1]
            window.entries.append(
                chunk.append(
                    term: slots.term(at: slot), ordinals: ordinals[range], weights: values[range],
                    chunk: window.chunks.count))
            if chunk.bytes.count >= Self.chunkBytes {
                window.chunks.append(chunk.bytes)
                chunk = WindowChunk(documents: count)
            }
        }
        if !chunk.bytes.isEmpty { window.chunks.append(chunk.bytes) }
        return window
    }
}

/// The lists of one chunk, being written.
private struct WindowChunk {
    let documents: Int
    var bytes: [UInt8] = []

    init(documents: Int) {
        self.documents = documents
        bytes.reserveCapacity(WindowBuilder.chunkBytes + documents * 3)
    }

    mutating func append(
        term: TermID, ordinals: ArraySlice<UInt16>, weights: ArraySlice<Float>, chunk: Int
    ) -> WindowEntry {
        while bytes.count % WindowEntry.alignment != 0 { bytes.append(0) }
        let maximum = weights.reduce(0, max)
        let dense = ordinals.count > documents / WindowBuilder.denseShare && documents >= 1_024
        let entry = WindowEntry(
            term: term, maximum: maximum, offset: UInt32(bytes.count), count: UInt32(ordinals.count),
            chunk: UInt16(chunk), encoding: dense ? .dense : .sparse)
        let quantiser = ImpactQuantiser(maximum: maximum)
        switch entry.encoding {
        case .dense:
            let first = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: documents))
            for (ordinal, weight) in zip(ordinals, weights) {
                bytes[first + Int(ordinal)] = max(1, quantiser.code(weight))
            }
        case .sparse:
            for ordinal in ordinals {
                bytes.append(UInt8(truncatingIfNeeded: ordinal))
                bytes.append(UInt8(truncatingIfNeeded: ordinal >> 8))
            }
            for weight in weights { bytes.append(quantiser.code(weight)) }
        }
        return entry
    }
}
