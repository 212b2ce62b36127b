//! A machine as TOML: whole, or as what it changes in a base.

use super::machine::Npu;
use crate::error::Error;
use toml::{Table, Value};

/// The table that is replaced as a whole: an op that is left out of it cannot be run.
const COSTS: &str = "costs";

impl Npu {
    /// A machine from TOML with the fields of [`Npu`].
    ///
    /// A text that begins with `base = "N256"` takes every field that it does not name from that preset, its name
    /// included; the fields of `[fusion]` and `[blocks]` are taken one by one. A table `[costs]` replaces all costs: an op
    /// that it does not name cannot be run.
    ///
    /// # Errors
    /// Text that is no TOML, a field that is missing where there is no base, a field or a base that there is not (each
    /// named), and a machine that cannot exist.
    ///
    /// ```
    /// use autogo::profile::Npu;
    /// let npu = Npu::from_toml("base = \"N256\"\nname = \"wide\"\ncolumns = 64\n[fusion]\nadd = true")?;
    /// assert_eq!((npu.rows, npu.columns, npu.fusion.activation, npu.fusion.add), (16, 64, true, true));
    /// let refusal = |text: &str| Npu::from_toml(text).unwrap_err().to_string();
    /// assert!(refusal("name = \"wide\"\ncolumns = 64").contains("missing field `rows`"));
    /// assert!(refusal("base = \"N256\"\nrows = 0").contains("0 × 16 units"));
    /// assert!(refusal("base = \"N9\"").contains("base is `N9`; accepted: N256, N512, N1024"));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let mut table: Table = text.parse().map_err(refused)?;
        let npu: Npu = match table.remove("base") {
            None => toml::from_str(text).map_err(refused)?,
            Some(base) => {
                fill(&mut table, Table::try_from(preset(&base)?).map_err(unprintable)?);
                table.try_into().map_err(refused)?
            }
        };
        npu.check()?;
        Ok(npu)
    }

    /// The machine as TOML, every field of it: [`Npu::from_toml`] reads it back as the same machine.
    ///
    /// # Errors
    /// A machine that cannot exist.
    ///
    /// ```
    /// use autogo::profile::Npu;
    /// let text = Npu::n512().to_toml()?;
    /// assert!(text.contains("\n[blocks]\n") && text.contains("\nstart_cycles = 750\n"));
    /// assert_eq!(Npu::from_toml(&text)?, Npu::n512());
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn to_toml(&self) -> Result<String, Error> {
        self.check()?;
        toml::to_string(self).map_err(unprintable)
    }
}

/// The preset that a text names as its base.
fn preset(base: &Value) -> Result<Npu, Error> {
    let name = base.as_str().map_or_else(|| base.to_string(), str::to_string);
    Npu::named(&name).ok_or_else(|| {
        let names = Npu::presets().map(|preset| preset.name).join(", ");
        Error::setting("machine", format!("base is `{name}`"), &names)
    })
}

/// Puts what is missing in a table there from another one, in tables inside it as well.
fn fill(table: &mut Table, from: Table) {
    for (key, value) in from {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(value)) if key != COSTS => fill(inner, value),
            (Some(_), _) => {}
            (None, value) => _ = table.insert(key, value),
        }
    }
}

fn refused(error: toml::de::Error) -> Error {
    let accepted = "TOML with every field of a machine, or with `base = \"N256\"` and the fields that differ";
    Error::setting("machine", error.to_string().trim().replace('\n', " "), accepted)
}

fn unprintable(error: toml::ser::Error) -> Error {
    Error::setting("machine", error.to_string(), "a machine that can exist")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_print_whole_and_read_back() {
        for npu in Npu::presets() {
            let text = format!("\n{}", npu.to_toml().unwrap());
            assert_eq!(Npu::from_toml(&text).unwrap(), npu);
            // Every line that holds a value is needed, costs aside: they say which ops there are.
            let until = text.find("[costs]").unwrap();
            for line in text[..until].lines().filter(|line| line.contains(" = ")) {
                let name = line.split(' ').next().unwrap();
                let error = Npu::from_toml(&text.replacen(&format!("\n{line}\n"), "\n", 1)).unwrap_err().to_string();
                assert!(error.contains(&format!("missing field `{name}`")), "{line}: {error}");
            }
        }
        let error = Npu { sram_bytes: u64::MAX, ..Npu::n256() }.to_toml().unwrap_err().to_string();
        assert!(error.contains("sram_bytes is 18446744073709551615; accepted: up to 9007199254740992"), "{error}");
    }

    #[test]
    fn a_base_gives_what_a_text_leaves_out() {
        assert_eq!(Npu::from_toml("base = 'n1024'").unwrap(), Npu::n1024());
        let npu = Npu::from_toml("base = 'N512'\n[blocks]\nkernel_side = 3\n[blocks.micro]\nc = 16").unwrap();
        let base = Npu::n512().blocks;
        assert_eq!((npu.blocks.kernel_side, npu.blocks.micro.c, npu.blocks.micro.h), (3, 16, base.micro.h));
        assert_eq!(npu.fusion, Npu::n512().fusion);
        let costs = Npu::from_toml("base = 'N256'\n[costs]\nadd = 3.0").unwrap().costs;
        assert_eq!((costs.get("add"), costs.get("mul")), (Some(3.0), None));
    }

    #[test]
    fn machines_that_cannot_exist_are_refused() {
        let said = |text: &str| Npu::from_toml(&format!("base = 'N256'\n{text}")).unwrap_err().to_string();
        assert!(said("row = 8").contains("unknown field `row`"));
        assert!(said("rows = 17").contains("272 units; accepted: a multiple of 32"));
        assert!(said("buffer_bytes = 40").contains("buffer_bytes is 40; accepted: a byte for each of 48 banks"));
        assert!(said("[blocks]\nbanks = 4").contains("blocks.reserved_banks is 4; accepted: fewer than the 4 banks"));
        assert!(said("[blocks]\ntap_depth = 0").contains("blocks.tap_depth is 0; accepted: 1 to 4096"));
        assert!(said("[blocks.largest]\nh = 33").contains("blocks of up to 33×64×128 in micro blocks of 2×2×8"));
        assert!(said("weight_share = 0.0").contains("weight_share is 0; accepted: above 0 to 1"));
        assert!(said("[costs]\nadd = -1.0").contains("cost of `add` is -1"));
        assert!(Npu::from_toml("base = 3").unwrap_err().to_string().contains("base is `3`"));
    }
}
