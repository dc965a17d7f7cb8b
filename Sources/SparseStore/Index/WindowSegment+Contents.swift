internal import SparseFormat

/// The contents of a segment, list by list and record by record, for inspection rather than search.
extension WindowSegment {
    /// A list as stored, without padding.
    struct Postings {
        var ordinals: [UInt16] = []
        var codes: [UInt8] = []
    }

    /// Returns the list of the term at a position of the directory.
    func postings(at position: Int) throws -> Postings {
        let entry = directory.entry(at: position)
        var held = HeldLists()
        let start = try list(entry, &held)
        defer { withExtendedLifetime(held) {} }
        let bytes = UnsafeRawBufferPointer(start: start, count: entry.byteCount(documents: directory.documents))
        let count = Int(entry.count)
        var postings = Postings()
        func append(_ ordinal: Int, _ code: Int) {
            let low = UInt16(bytes[ordinal])
            postings.ordinals.append(low | UInt16(bytes[ordinal + 1]) << 8)
            postings.codes.append(bytes[code])
        }
        switch entry.encoding {
        case .short:
            for index in 0..<count { append(2 * index, 2 * count + index) }
        case .packed:
            let size = WindowEntry.packSize
            for index in 0..<bytes.count / WindowEntry.packBytes * size {
                let pack = index / size * WindowEntry.packBytes
                append(pack + 2 * (index % size), pack + 2 * size + index % size)
            }
            // What stands behind the last posting and is no pad is left for the caller to wonder at.
            while postings.ordinals.count > count, postings.ordinals.last == WindowEntry.padOrdinal,
                postings.codes.last == 0
            {
                postings.ordinals.removeLast()
                postings.codes.removeLast()
            }
        case .dense:
            for (ordinal, code) in bytes.enumerated() where code != 0 {
                postings.ordinals.append(UInt16(truncatingIfNeeded: ordinal))
                postings.codes.append(code)
            }
        }
        return postings
    }

    /// Returns the start of the record of an ordinal, in bytes counted through the data of all chunks.
    func place(of ordinal: Int) throws -> Int {
        guard let forward else { throw FormatError(.forwardRecords, "segment \(id) has no forward records") }
        let place = try forward.place(of: ordinal)
        return place.chunk * forward.chunkBytes + place.offset
    }

    var isWide: Bool { ForwardTable.isWide(terms: directory.count) }
    var forwardChunkCount: Int { forwardChunks.count }
    /// The size of the data in each chunk of exact vectors except the last.
    var forwardChunkBytes: Int { forward?.chunkBytes ?? ForwardWriter.largeChunkBytes }
}
