@testable import SparseFormat

extension FuzzTarget {
    /// A block directory, read in each of its versions, and the chunk of its lists. Everything that the directory
    /// accepts is read in every possible way.
    static let blockLists = FuzzTarget(
        name: "block-lists",
        seeds: {
            var content = BlockListWriter.Content()
            (content.slots, content.ends) = ([0, 5, 1], [2, 3])
            content.components = [1 << 8 | 7, 3 << 32 | 255, 3 << 32 | 1 << 8 | 9]
            var writer = BlockListWriter()
            for term: TermID in [2, 9] { _ = writer.append(term, maximum: 2, content) }
            _ = writer.append(11, maximum: 1, BlockListWriter.Content())
            // Four terms, so that the numbers fill a multiple of 4 bytes.
            _ = writer.append(12, maximum: 1, BlockListWriter.Content())
            let lists = writer.finish() ?? []
            return [BlockNumbers(), BlockNumbers(shared: [0, 1, 1, 3])].map { numbers in
                var directory = ByteWriter()
                BlockDirectory.encode(
                    writer.entries, numbers: numbers, slots: 64, lines: 6, chunks: 1, into: &directory)
                return [UInt8(directory.count / 4)] + directory.bytes + lists
            }
        },
        run: { bytes in
            guard let first = bytes.first, bytes.count > 1 + 4 * Int(first) else { return }
            let directory = UnsafeRawBufferPointer(rebasing: bytes[1..<1 + 4 * Int(first)])
            let data = UnsafeRawBufferPointer(rebasing: bytes[(1 + 4 * Int(first))...])
            // A separate allocation, so that reading one byte too far is detected.
            let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: data.count, alignment: 8)
            defer { exact.deallocate() }
            exact.copyBytes(from: data)
            let views = [1, 2].compactMap {
                try? BlockDirectory(body: directory, version: $0, chunkLengths: [data.count])
            }
            guard !views.isEmpty, let base = exact.baseAddress else { return }
            let multipliers = UnsafeMutablePointer<UInt16>.allocate(capacity: 65_536)
            let sums = UnsafeMutablePointer<UInt32>.allocate(capacity: 65_536)
            defer {
                multipliers.deallocate()
                sums.deallocate()
            }
            multipliers.initialize(repeating: 1_023, count: 65_536)
            sums.initialize(repeating: 0, count: 65_536)
            for view in views {
                for position in view.entries.indices { sums[Int(view.numbers[position])] &+= 1 }
            }
            for entry in views.flatMap(\.entries) where entry.postings > 0 {
                let list = BlockList(entry, UnsafeRawPointer(base) + Int(entry.offset))
                for block in 0..<list.blocks {
                    list.prefetchPostings(of: block)
                    for posting in list.range(of: block) { _ = list.slot(posting) }
                }
                var numbers: Set<UInt16> = [0, .max]
                list.forEachComponent { _, number, _ in if numbers.count < 64 { numbers.insert(UInt16(number)) } }
                let chosen = numbers.sorted()
                var found = [Int](repeating: 0, count: chosen.count)
                list.prefetchTerms()
                chosen.withUnsafeBufferPointer { chosen in
                    found.withUnsafeMutableBufferPointer { found in
                        if let found = found.baseAddress { list.findColumns(of: chosen, found) }
                    }
                }
                for (position, number) in zip(found, chosen) {
                    guard let column = list.column(at: position, of: number) else { continue }
                    list.add(column, multiplier: UInt32(multipliers[Int(number)]), to: sums)
                    try Finding.unless(
                        column.components.count <= Int(entry.components), "more components than there are")
                }
            }
        })

    /// Chunks of places and of lines. The first byte determines the number of slots and lines.
    static let impactLines = FuzzTarget(
        name: "impact-lines",
        seeds: {
            var writer = ImpactLineWriter()
            for count in [1, 21, 50, 3] {
                _ = writer.append(7 + count, (1...count).map { (UInt16($0), UInt8(256 - 2 * $0)) })
            }
            let lines = writer.lines
            let data = writer.finish() ?? []
            return [[UInt8(lines - 1)] + writer.placeChunks().joined() + data]
        },
        run: { bytes in
            guard let first = bytes.first else { return }
            let lines = 1 + Int(first) % 40
            let length = 8 * 4 + ImpactLine.bytes * lines
            let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 64)
            defer { exact.deallocate() }
            exact.initializeMemory(as: UInt8.self, repeating: 0)
            let given = bytes.dropFirst().prefix(length)
            exact.copyBytes(from: given)
            let (places, data) = (exact[..<32], exact[32...])
            let view = try ImpactLines(
                slots: 4, lines: lines, places: [UnsafeRawBufferPointer(rebasing: places)],
                chunks: [UnsafeRawBufferPointer(rebasing: data)])
            let multipliers = UnsafeMutablePointer<UInt16>.allocate(capacity: 65_537)
            defer { multipliers.deallocate() }
            multipliers.initialize(repeating: 1_023, count: 65_537)
            for slot in 0..<4 {
                let place = view.place(of: slot)
                try Finding.unless((0..<lines).contains(place), "a place past the last line")
                _ = view.document(at: slot)
                view.prefetchPlace(of: slot)
                view.prefetchHead(at: place)
                let head = view.head(at: place, multipliers, usesAVX2: false)
                view.prefetchRest(at: place, lines: head.rest)
                if head.rest > 0 {
                    let rest = view.rest(at: place, lines: head.rest, multipliers, usesAVX2: false)
                    try Finding.unless(rest.lines + 2 <= lines, "more lines than there are")
                }
                var components = 0
                view.components(at: place) { _, _ in components += 1 }
                try Finding.unless(components <= lines * ImpactLine.components, "more components than there are")
                _ = view.bytes(at: place, lines: .max).reduce(0) { $0 &+ Int($1) }
            }
        })
}
