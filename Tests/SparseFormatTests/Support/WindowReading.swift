@testable import SparseFormat

/// Reads whole windows back and says what differs from the documents they were built from.
extension BuiltWindow {
    struct Coded: Equatable {
        var ordinal: Int
        var code: UInt8
    }

    /// The postings of a list as they lie in its chunk, pads included.
    static func read(_ entry: WindowEntry, _ chunk: [UInt8], documents: Int) -> [Coded] {
        let begin = Int(entry.offset)
        let count = Int(entry.count)
        func ordinal(_ offset: Int) -> Int { Int(chunk[offset]) | Int(chunk[offset + 1]) << 8 }
        switch entry.encoding {
        case .short:
            return (0..<count).map { Coded(ordinal: ordinal(begin + 2 * $0), code: chunk[begin + 2 * count + $0]) }
        case .packed:
            return (0..<(count + 7) / 8 * 8).map { index in
                let pack = begin + index / 8 * 24
                return Coded(ordinal: ordinal(pack + index % 8 * 2), code: chunk[pack + 16 + index % 8])
            }
        case .dense:
            return (0..<documents).filter { chunk[begin + $0] != 0 }.map { Coded(ordinal: $0, code: chunk[begin + $0]) }
        }
    }

    /// What a reader finds that is not as the documents say; empty when all is well.
    func problems() throws -> [String] {
        var problems = try directory.withUnsafeBytes { bytes in
            let view = try WindowDirectory(body: bytes, chunkLengths: chunks.map(\.count))
            var problems: [String] = []
            if view.documents != documents.count || view.count != terms.count || view.chunkCount != chunks.count
                || view.nonzeros != UInt64(lists.reduce(0) { $0 + $1.count })
                || view.levels != (documents.count < 1024 ? 1 : 8)
            {
                problems.append("counts")
            }
            for index in 0..<min(view.count, terms.count) {
                if view.term(at: index) != terms[index] || view.find(terms[index]) != index {
                    problems.append("term \(terms[index])")
                }
                problems += listProblems(view, index).map { "term \(terms[index]): \($0)" }
            }
            return problems
        }
        problems += try forwardProblems()
        return problems
    }

    private func listProblems(_ view: WindowDirectory, _ index: Int) -> [String] {
        let list = lists[index]
        let entry = view.entry(at: index)
        var problems: [String] = []
        if entry.maximum != list.map(\.weight).max() || entry.count != list.count || entry.offset % 8 != 0 {
            problems.append("entry")
        }
        let isDense = documents.count >= 1024 && list.count > documents.count / 6
        if entry.encoding != (isDense ? .dense : list.count < 8 ? .short : .packed) { problems.append("encoding") }
        var read = Self.read(entry, chunks[Int(entry.chunk)], documents: documents.count)
        if read.dropFirst(list.count).contains(where: { $0 != Coded(ordinal: 65_535, code: 0) }) {
            problems.append("pads")
        }
        read = Array(read.prefix(list.count))
        // A dense list has lost the order of its levels.
        if read.map(\.ordinal) != (isDense ? list.map(\.ordinal).sorted() : list.map(\.ordinal)) {
            return problems + ["ordinals"]
        }
        let codes = Dictionary(uniqueKeysWithValues: read.map { ($0.ordinal, $0.code) })
        for posting in list {
            let exact = Double(posting.weight) * 255 / Double(entry.maximum)
            let code = codes[posting.ordinal] ?? 0
            let step = Double(code) - exact
            if abs(step) > (isDense && code == 1 ? 1 : 0.5) + 1e-4 { problems.append("code \(code) of \(exact)") }
        }
        for level in 0..<view.levels {
            let own = list.filter { $0.level == level }.map { Int(codes[$0.ordinal] ?? 0) }
            let mean = own.isEmpty ? 0 : max(1, own.reduce(0, +) / own.count)
            if view.averageCode(at: index, level: level) != mean { problems.append("average of level \(level)") }
            if view.postings(at: index, levels: level + 1) != list.count(where: { $0.level <= level }) {
                problems.append("end of level \(level)")
            }
        }
        return problems
    }

    private func forwardProblems() throws -> [String] {
        try Self.readForward(forward, forwardChunks, terms) == documents ? [] : ["forward records"]
    }

    /// The documents of a forward table, by ordinal.
    static func readForward(_ table: [UInt8], _ chunks: [[UInt8]], _ terms: [TermID]) throws -> [Document] {
        try table.withUnsafeBytes { bytes in
            let table = try ForwardTable(body: bytes, terms: terms.count, chunkLengths: chunks.map(\.count))
            return try (0..<table.count).map { ordinal in
                let place = try table.location(of: ordinal)
                return try chunks[place.chunk].withUnsafeBytes { chunk in
                    let record = try ForwardRecord(chunk: chunk, offset: place.offset, isWide: table.isWide)
                    return Document(
                        identifier: try record.identifier(),
                        terms: (0..<record.count).map { terms[record.position($0)] },
                        weights: (0..<record.count).map { record.weight($0) })
                }
            }
        }
    }
}

extension SegmentChunkHeader {
    /// The data that lie in a chunk's body as they are.
    func rawData(body: UnsafeRawBufferPointer) throws -> [UInt8] {
        let length = try rawLength(body: body)
        return Array(body[Self.size...].prefix(length))
    }
}
