@testable import SparseFormat
@testable import SparseStore

/// The loops of a window scan, which add lists and go through the sums.
extension Material {
    func scanKernels() throws -> [Kernel] {
        try adding() + lookingThrough() + finding()
    }

    private func adding() throws -> [Kernel] {
        let (asked, short) = (try asked(.packed), try all(.short))
        guard let typical = asked.min(by: { abs($0.postings - 4_096) < abs($1.postings - 4_096) }) else { return [] }
        // Unbounded sums do not come from a query, so they have their own memory.
        let scratch = ScanScratch()
        func packs(_ data: String, _ lists: [List], ahead: Int = WindowKernels.prefetchDistance) -> Kernel {
            Kernel(
                name: "addPacks", data: data, element: "posting", count: lists.reduce(0) { $0 + $1.postings }, bytes: 3,
                pass: {
                    for list in lists {
                        WindowKernels.addPacks(
                            list.bytes, count: list.packs, times: 300, to: scratch.accumulators, ahead: ahead)
                    }
                })
        }
        return [
            packs("lists of \(queries.count) queries", asked),
            packs("the same, without prefetching", asked, ahead: 0),
            packs("a list of \(typical.postings), in the cache", [typical]),
            Kernel(
                name: "addShort", data: "all \(short.count) short lists", element: "posting",
                count: short.reduce(0) { $0 + $1.postings }, bytes: 3,
                pass: {
                    for list in short {
                        WindowKernels.addShort(
                            list.bytes, count: list.postings, used: list.postings, times: 300,
                            to: scratch.accumulators)
                    }
                }),
        ]
    }

    private func lookingThrough() throws -> [Kernel] {
        guard let sums = try queries.lazy.map({ try WindowSums($0, self) }).max(by: { $0.postings < $1.postings })
        else { return [] }
        let blocks = sums.blocks
        func kernel(_ name: String, _ data: String, bytes: Double = 2, _ pass: @escaping () -> Void) -> Kernel {
            Kernel(
                name: name, data: data, element: "document", count: blocks * WindowKernels.blockSize, bytes: bytes,
                pass: pass)
        }
        // What these clear stays clear, which takes the same time.
        let other = ScanScratch()
        var kernels = [
            kernel("maxima", "no block cleared") {
                WindowKernels.maxima(
                    of: sums.scratch.accumulators, blocks: blocks, clearingBelow: .min, into: sums.scratch.maxima)
            },
            kernel("maxima", "every block cleared") {
                WindowKernels.maxima(of: other.accumulators, blocks: blocks, clearingBelow: .max, into: other.maxima)
            },
        ]
        for every in [2, 20, 200] {
            var allowed = Bitmap(count: segment.documentCount)
            for ordinal in stride(from: 0, to: segment.documentCount, by: every) { allowed.insert(ordinal) }
            kernels.append(
                kernel("maxima, filtered", "one document in \(every) matches", bytes: 2.125) {
                    WindowKernels.maxima(
                        of: other.accumulators, allowed: allowed, blocks: blocks, clearingBelow: .min,
                        into: other.maxima)
                })
        }
        let least = sums.largestMaximum(25)
        kernels.append(
            sums.collect("\(sums.dense.count) dense, one query's sums", sums.dense, most: sums.denseMost, least))
        for count in [0, 1, 4, 8] where sums.dense.count >= count {
            // As if each document's sum had to be checked, and none were large enough.
            kernels.append(
                sums.collect("\(count) dense, all added up", Array(sums.dense.prefix(count)), most: 32_767, .max))
        }
        return kernels
    }

    private func finding() throws -> [Kernel] {
        let terms = queries.reduce(0) { $0 + $1.terms.count }
        let stages = queries.map {
            FirstStage(view: snapshot.view, query: $0, limit: 10, minimumScore: nil, effort: nil)
        }
        return [
            Kernel(
                name: "directory.find", data: "terms of \(queries.count) queries, one window", element: "term",
                count: terms,
                pass: { [queries, directory] in
                    var found = 0
                    for term in queries.lazy.flatMap(\.terms) where directory.find(term) != nil { found += 1 }
                    precondition(found > 0)
                }),
            Kernel(
                name: "TermPlaces", data: "the same, \(index.members.count) windows together",
                element: "term and window",
                count: terms * index.members.count,
                pass: { [stages, scratch] in for stage in stages { _ = TermPlaces(stage, scratch) } }),
        ]
    }
}
