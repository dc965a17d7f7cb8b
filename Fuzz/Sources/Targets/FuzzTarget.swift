/// One door of the engine that takes bytes from outside.
struct FuzzTarget: Sendable {
    /// Also the folder of its seeds and regressions.
    let name: String
    /// Whether inputs may be run in a test: false when the process may end, as it should with the canary.
    var isReplayable = true
    /// Bytes of the longest input that is tried.
    var longest = 8_192
    /// Inputs to begin with, made from real values.
    var seeds: @Sendable () throws -> [[UInt8]] = { [] }
    /// Throws a `Finding`, or ends the process, when a promise is broken.
    let run: @Sendable (UnsafeRawBufferPointer) throws -> Void

    static let all: [FuzzTarget] =
        records + interchange + [blockLists, impactLines, forgedStore, damagedFile, operations, canary]

    /// Proves that the fuzzer finds what there is to find: the three bytes only come together by following coverage.
    static let canary = FuzzTarget(name: "canary", isReplayable: false) { bytes in
        guard bytes.count >= 3, bytes[0] == 0x73 else { return }
        guard bytes[1] == 0x69 else { return }
        try Finding.unless(bytes[2] != 0x6E, "the canary sings")
    }
}
