import SparseStore
import Testing

@testable import SparseStoreTool

@Suite("Options say what they mean")
struct OptionTests {
    @Test
    func `recall`() {
        #expect(RecallOption(argument: "exact")?.recall == .exact)
        #expect(RecallOption(argument: "fast")?.recall == .fast)
        #expect(RecallOption(argument: "0.95")?.recall == .target(0.95))
        #expect(RecallOption(argument: "1")?.recall == .target(1))
        for bad in ["0", "-1", "1.1", "nan", "", "best"] { #expect(RecallOption(argument: bad) == nil) }
    }

    @Test
    func `plain Seismic`() {
        func recall(_ argument: String) -> Recall? { PlainSeismicOption(argument: argument)?.recall }
        #expect(recall("cut=12,heap=0.7") == .plainSeismic(cut: 12, heapFactor: 0.7))
        #expect(recall("heap=1") == .plainSeismic(cut: 8, heapFactor: 1))
        #expect(recall("cut=3") == .plainSeismic(cut: 3, heapFactor: 0.9))
        #expect(recall("cut=3,heap=0") == .plainSeismic(cut: 3, heapFactor: 0))
        let wrong = ["", ",", "cut", "cut=", "cut=0", "cut=-1", "cut=1.5", "heap=1.1", "heap=-0.1", "heap=nan", "k=3"]
        for bad in wrong + ["cut=3,", "cut=3,,heap=1", "cut 3", "cut=3 heap=1"] {
            #expect(recall(bad) == nil, "\(bad)")
        }
    }

    @Test
    func `weighting`() {
        #expect(WeightingOption(argument: "none") == WeightingOption.none)
        #expect(WeightingOption(argument: "idf") == .idf)
        #expect(WeightingOption(argument: "table:a:b") == .table("a:b"))
        for bad in ["", "table", "table:", "IDF"] { #expect(WeightingOption(argument: bad) == nil) }
    }

    @Test
    func `memory`() throws {
        #expect(MemoryOption(argument: "1GiB")?.bytes == MemoryOption.standard.bytes)
        #expect(MemoryOption(argument: "64MiB")?.bytes == 64 << 20)
        #expect(MemoryOption(argument: "65536KiB")?.bytes == 64 << 20)
        #expect(MemoryOption(argument: "67108864")?.bytes == 64 << 20)
        for bad in ["63MiB", "67108863", "", "GiB", "-1GiB", "1GB", "1.5GiB", "9999999999GiB", "99999999999999999999"] {
            #expect(MemoryOption(argument: bad) == nil, "\(bad)")
        }
    }

    @Test
    func `feedback`() throws {
        let given = try FeedbackOption.parse("terms=7,docs=3,weight=0.25,interpolate=0.5")
        #expect(
            given
                == Feedback(.best(3), terms: 7, weight: 0.25, interpolation: .weightedSum(.minMax, weight: 0.5)))
        #expect(try FeedbackOption.parse("docs=3") == Feedback())
        let wrong = ["", "docs", "docs=0", "docs=x", "terms=10001", "weight=-1", "weight=nan", "interpolate=2", "k=1"]
        for bad in wrong + ["docs=1,", "docs=1,,terms=2"] {
            #expect(throws: (any Error).self, "\(bad)") { try FeedbackOption.parse(bad) }
        }
    }

    @Test
    func `every error code has an exit code`() {
        #expect(ExitStatus(SparseStoreError.Code.corrupted) == .corrupted)
        #expect(ExitStatus(SparseStoreError.Code.incompatibleFormat) == .incompatible)
        #expect(ExitStatus(SparseStoreError.Code.diskFull) == .diskFull)
        #expect(ExitStatus(SparseStoreError.Code.alreadyOpen) == .busy)
        #expect(ExitStatus(SparseStoreError.Code.readersFull) == .busy)
        #expect(ExitStatus(SparseStoreError.Code.notFound) == .invalidInput)
        #expect(ExitStatus(SparseStoreError.Code.termSpaceMismatch) == .invalidInput)
        #expect(ExitStatus(SparseStoreError.Code.cancelled) == .interrupted)
        #expect(ExitStatus(SparseStoreError.Code.permissionDenied) == .io)
        #expect(ExitStatus(SparseStoreError.Code.attributeTypeMismatch) == .invalidInput)
        for code in SparseStoreError.Code.all where code.isBrokenRule {
            #expect(ExitStatus(code) == .invalidInput, "\(code)")
        }
        // What is neither a broken rule nor has an exit code of its own.
        let others = Set(SparseStoreError.Code.all.filter { ExitStatus($0) == .io })
        let expected: Set<SparseStoreError.Code> = [
            .io, .readOnly, .permissionDenied, .needsReopen, .forkedProcess, .networkFilesystem, .closed, .outOfMemory,
            .internalError,
        ]
        #expect(others == expected)
    }
}
