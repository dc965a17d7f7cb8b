import Foundation
import Testing

@testable import SparseStore

/// Random operations against a dictionary and brute force. `make model OPERATIONS=100000 SEED=7` runs a long one; the
/// seed of each run is printed, and repeats it where merging is driven by hand.
@Suite struct ModelTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let operations = environment["MODEL_OPERATIONS"].flatMap(Int.init) ?? 1_500
    private static let seed = environment["MODEL_SEED"].flatMap(UInt64.init) ?? .random(in: 1...999_999)

    /// A store lives through some thousands of operations, then another begins, with another policy.
    @Test(arguments: [false, true])
    func `a store answers as a dictionary does, whatever happened to it`(isBackground: Bool) throws {
        var operations = 0
        var seed = Self.seed
        while operations < Self.operations / 2 {
            print("model: seed \(seed), background merging \(isBackground ? "on" : "off"), operation \(operations)")
            let model = try StoreModel(seed: seed, isBackground: isBackground)
            while model.operations < 3_000, operations + model.operations < Self.operations / 2 { try model.step() }
            operations += model.operations
            // Nothing may be left of any merge, finished or not.
            try model.store.maintain()
            #expect(try leftovers(model.store).isEmpty, Comment(rawValue: model.place))
            #expect(try model.store.statistics().stagedBytes == 0)
            seed += 1
        }
        print("model: \(operations) operations, background merging \(isBackground ? "on" : "off"), all well")
    }
}
