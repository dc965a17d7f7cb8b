/// Splits the lists of one chunk into planes of similar bytes, and reassembles them (FORMAT.md, "Planes").
///
/// The planes, in order: the low bytes of all gaps; their high bytes; the codes of the postings of each level, level by
/// level; and the codes of the dense lists. In each plane, lists have the order of the directory, and postings the
/// order of their list. A gap is an ordinal minus the previous one in its level, minus 1, modulo 65,536; 65,535
/// precedes the first ordinal of a level, so its gap is the ordinal itself.
///
/// This file uses pointers. `init` and `join` check what its loops rely on; the directory has checked that level ends
/// ascend to the count of the list.
package struct ListPlanes {
    private let directory: WindowDirectory
    private let positions: Range<Int>
    /// The number of bytes of the chunk's data.
    package let length: Int
    /// The start of each plane; the last end is the total.
    private let begins: [Int]

    /// The number of bytes of all planes.
    package var count: Int { begins[begins.count - 1] }

    /// - Parameter length: The length of the chunk's data in list form.
    /// - Throws: `listRange` if a list is not inside the chunk, or if lists overlap so that the planes are longer than
    ///   the chunk.
    package init(_ directory: WindowDirectory, chunk: Int, length: Int) throws(FormatError) {
        self.directory = directory
        self.length = length
        positions = directory.positions(inChunk: chunk)
        try directory.checkLists(positions, inside: length)
        var levels = [Int](repeating: 0, count: directory.levels)
        var dense = 0
        for position in positions {
            if directory.entry(at: position).encoding == .dense {
                dense += directory.documents
            } else {
                var begin = 0
                for level in levels.indices {
                    let end = directory.postings(at: position, levels: level + 1)
                    levels[level] += end - begin
                    begin = end
                }
            }
        }
        let postings = levels.reduce(0, +)
        var begins = [0]
        for size in [postings, postings] + levels + [dense] { begins.append(begins[begins.count - 1] + size) }
        self.begins = begins
        guard count <= length else { throw FormatError(.listRange, "lists overlap") }
    }

    /// Returns the planes of a chunk's data, which have `length` bytes.
    package func split(_ data: [UInt8]) -> [[UInt8]] {
        precondition(data.count == length)
        var planes = [UInt8](repeating: 0, count: count)
        planes.withUnsafeMutableBytes { planes in
            data.withUnsafeBytes { data in
                forEachRun { list, run, gaps, codes in
                    var previous = UInt16.max
                    for index in run {
                        let place = gaps + index - run.lowerBound
                        let ordinal = UInt16(
                            littleEndian: data.loadUnaligned(fromByteOffset: list.ordinal(index), as: UInt16.self))
                        let gap = ordinal &- previous &- 1
                        previous = ordinal
                        planes[begins[0] + place] = UInt8(truncatingIfNeeded: gap)
                        planes[begins[1] + place] = UInt8(truncatingIfNeeded: gap >> 8)
                        planes[codes + index - run.lowerBound] = data[list.code(index)]
                    }
                } dense: { list, codes in
                    UnsafeMutableRawBufferPointer(rebasing: planes[codes.lowerBound..<codes.upperBound])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: data[list..<list + codes.count]))
                }
            }
        }
        return begins.indices.dropLast().map { Array(planes[begins[$0]..<begins[$0 + 1]]) }
    }

    /// Reassembles the data.
    ///
    /// - Parameters:
    ///   - planes: `count` bytes.
    ///   - data: `length` bytes; all of them are written.
    package func join(
        _ planes: UnsafeRawBufferPointer, into data: UnsafeMutableRawBufferPointer
    ) throws(FormatError) {
        guard planes.count == count, data.count == length else { throw FormatError(.chunkLengths) }
        data.initializeMemory(as: UInt8.self, repeating: 0)
        guard let target = data.baseAddress, let source = planes.baseAddress else { return }
        let high = begins[1]
        forEachRun { list, run, gaps, codes in
            var low = source + gaps
            var code = source + codes
            var previous = UInt16.max
            for index in run {
                let gap = UInt16(low.load(as: UInt8.self)) | UInt16((low + high).load(as: UInt8.self)) &<< 8
                previous = previous &+ gap &+ 1
                target.storeBytes(of: previous.littleEndian, toByteOffset: list.ordinal(index), as: UInt16.self)
                target.storeBytes(of: code.load(as: UInt8.self), toByteOffset: list.code(index), as: UInt8.self)
                low += 1
                code += 1
            }
        } dense: { list, codes in
            (target + list).copyMemory(from: source + codes.lowerBound, byteCount: codes.count)
        }
        for position in positions { pad(position, target) }
    }

    /// Pads the last pack of a packed list.
    private func pad(_ position: Int, _ target: UnsafeMutableRawPointer) {
        let entry = directory.entry(at: position)
        guard entry.encoding == .packed else { return }
        let list = Places(entry)
        let packs = entry.byteCount(documents: directory.documents) / WindowEntry.packBytes
        for index in Int(entry.count)..<packs * WindowEntry.packSize {
            target.storeBytes(
                of: WindowEntry.padOrdinal.littleEndian, toByteOffset: list.ordinal(index), as: UInt16.self)
        }
    }

    /// The offset of the postings of a short or a packed list in the chunk.
    private struct Places {
        private let ordinals: Int
        private let codes: Int
        /// The bytes of a pack of 8 other than its ordinals, and other than its codes.
        private let ordinalStep: Int
        private let codeStep: Int

        init(_ entry: WindowEntry) {
            let isPacked = entry.encoding == .packed
            ordinals = Int(entry.offset)
            codes = Int(entry.offset) + 2 * (isPacked ? 8 : Int(entry.count))
            ordinalStep = isPacked ? 8 : 0
            codeStep = isPacked ? 16 : 0
        }

        @inline(__always)
        func ordinal(_ index: Int) -> Int { ordinals &+ 2 &* index &+ ordinalStep &* (index &>> 3) }

        @inline(__always)
        func code(_ index: Int) -> Int { codes &+ index &+ codeStep &* (index &>> 3) }
    }

    /// Iterates over the lists.
    ///
    /// - Parameters:
    ///   - body: Called for each level of each list with the location of the list's postings, the range of the level,
    ///     and the positions of the low bytes of its gaps and of its codes in the planes.
    ///   - dense: Called with the position of a dense list's codes in the chunk, and their position in the planes.
    @inline(__always)
    private func forEachRun(
        _ body: (Places, Range<Int>, Int, Int) -> Void, dense: (Int, Range<Int>) -> Void
    ) {
        var gaps = 0
        var codes = Array(begins[2...])
        let last = directory.levels
        for position in positions {
            let entry = directory.entry(at: position)
            if entry.encoding == .dense {
                dense(Int(entry.offset), codes[last]..<codes[last] + directory.documents)
                codes[last] += directory.documents
                continue
            }
            let list = Places(entry)
            var begin = 0
            for level in 0..<last {
                let end = directory.postings(at: position, levels: level + 1)
                guard end > begin else { continue }
                body(list, begin..<end, gaps, codes[level])
                gaps += end - begin
                codes[level] += end - begin
                begin = end
            }
        }
    }
}

extension ListPlanes {
    /// Returns the data of a window's list chunks as a compact segment stores them: in planes if that saves 5 percent.
    ///
    /// - Parameter directory: The body of the window's directory.
    package static func stored(
        _ chunks: [[UInt8]], directory: [UInt8]
    ) throws(FormatError) -> [StoredChunk] {
        // A higher level does not help, because only the distribution of bytes repeats.
        let compressor = ZstdCompressor(level: 1)
        do {
            return try directory.withUnsafeBytes { body in
                let directory = try WindowDirectory(body: body, chunkLengths: chunks.map(\.count))
                return try chunks.enumerated().map { index, chunk in
                    let planes = try ListPlanes(directory, chunk: index, length: chunk.count).split(chunk)
                    let limit = ZstdCompressor.worthwhile(chunk.count)
                    guard let frame = compressor.compress(blocks: planes, limit: limit) else {
                        return StoredChunk(raw: chunk)
                    }
                    return StoredChunk(planes: frame, of: chunk)
                }
            }
        } catch let error as FormatError { throw error } catch { throw FormatError(.listRange, "\(error)") }
    }

    /// Decodes the frame of a chunk into `length` bytes. The frame must declare exactly the size of the planes of these
    /// lists, which is checked before decoding.
    package func decode(
        _ frame: UnsafeRawBufferPointer, into data: UnsafeMutableRawBufferPointer, _ zstd: ZstdDecompressor
    ) throws(FormatError) {
        let planes = try zstd.decompress(frame, size: count, limit: length)
        var failure: FormatError?
        planes.withUnsafeBytes { planes in
            do throws(FormatError) { try join(planes, into: data) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
