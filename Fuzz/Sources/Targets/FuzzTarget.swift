/// One entry point of the engine for bytes from outside.
struct FuzzTarget: Sendable {
    /// The name, which is also the folder of its seeds and regressions.
    let name: String
    /// Whether a test may run the inputs; false if they may end the process, as with the canary.
    var isReplayable = true
    /// The maximum length of an input, in bytes.
    var longest = 8_192
    /// The initial inputs, made from real values.
    var seeds: @Sendable () throws -> [[UInt8]] = { [] }
    /// Runs an input. Throws a `Finding`, or ends the process, if a promise is broken.
    let run: @Sendable (UnsafeRawBufferPointer) throws -> Void

    static let all: [FuzzTarget] =
        records + interchange + text + [
            blockLists, impactLines, publications, forgedStore, damagedFile, operations, canary,
        ]

    /// Shows that the fuzzer works: it finds the three bytes only by following coverage.
    static let canary = FuzzTarget(name: "canary", isReplayable: false) { bytes in
        guard bytes.count >= 3, bytes[0] == 0x73 else { return }
        guard bytes[1] == 0x69 else { return }
        try Finding.unless(bytes[2] != 0x6E, "the canary sings")
    }
}
