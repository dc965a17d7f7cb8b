#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Formats numbers for human readers.
enum Figures {
    /// Formats an integer with thousands separators: 1234567 becomes 1,234,567.
    static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// Formats a number of bytes in a suitable unit.
    static func bytes(_ number: Int) -> String {
        var value = Double(number)
        for unit in ["bytes", "KiB", "MiB", "GiB"] {
            if value < 1_024 { return unit == "bytes" ? "\(number) bytes" : "\(decimal(value, 1)) \(unit)" }
            value /= 1_024
        }
        return "\(decimal(value, 1)) TiB"
    }

    /// Formats a number with `places` digits after the decimal point.
    static func decimal(_ number: Double, _ places: Int) -> String {
        guard number.isFinite else { return "-" }
        let scale = pow(10, Double(places))
        let scaled = (abs(number) * scale).rounded()
        guard scaled < 1e18 else { return "\(number)" }
        let whole = Int(scaled)
        let sign = number < 0 && whole > 0 ? "-" : ""
        guard places > 0 else { return sign + count(whole) }
        let unit = Int(scale)
        let fraction = String(whole % unit)
        return sign + count(whole / unit) + "." + String(repeating: "0", count: places - fraction.count) + fraction
    }

    /// Rounds a number to `places` digits after the decimal point, for JSON.
    static func rounded(_ number: Double, _ places: Int) -> Double {
        let scale = pow(10, Double(places))
        let scaled = (number * scale).rounded()
        return scaled.isFinite ? scaled / scale : number
    }

    /// Formats seconds as 0:07, 12:34 or 1:02:03.
    static func clock(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 360_000 else { return "-" }
        let total = Int(seconds.rounded())
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (hours, minutes) = (total / 3_600, total / 60 % 60)
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(total % 60))" : "\(minutes):\(two(total % 60))"
    }
}
