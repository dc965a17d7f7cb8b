/// The options of a benchmark, `--name value`, and the remaining arguments.
package struct Arguments {
    package private(set) var rest: [String]

    package init() { rest = Array(CommandLine.arguments.dropFirst()) }

    package mutating func text(_ name: String) throws -> String? {
        guard let place = rest.firstIndex(of: "--\(name)") else { return nil }
        guard place + 1 < rest.count else { throw Failure("--\(name) needs a value") }
        let value = rest[place + 1]
        rest.removeSubrange(place...place + 1)
        return value
    }

    /// Removes an option and returns its value, a number of 0 or more.
    package mutating func count(_ name: String, _ standard: Int) throws -> Int {
        guard let text = try text(name) else { return standard }
        guard let value = Int(text), value >= 0 else { throw Failure("--\(name) needs a number") }
        return value
    }

    package mutating func share(_ name: String, _ standard: Double) throws -> Double {
        guard let text = try text(name) else { return standard }
        guard let value = Double(text), (0...1).contains(value) else { throw Failure("--\(name) takes 0 to 1") }
        return value
    }
}

/// The message of a failed benchmark.
package struct Failure: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
