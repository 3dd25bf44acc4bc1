"""Which patterns hold names that anyone may own."""

import pytest

from auditor.estate.shared_domains import SHARED_DOMAINS, holds_anyones_names


@pytest.mark.parametrize("domain", sorted(SHARED_DOMAINS))
def test_all_of_a_shared_domain(domain: str) -> None:
    """The star before the domain, with the dot or without, and before all that it lies in."""
    assert holds_anyones_names(f"*.{domain}")
    assert holds_anyones_names(f"*{domain}")
    assert holds_anyones_names(f"*.{domain.partition('.')[2]}")


@pytest.mark.parametrize("target", ["*", "*.com", "*.windows.net", "*.azure.com", "*.westeurope.cloudapp.azure.com"])
def test_wide_patterns(target: str) -> None:
    """Every name, a top-level domain, what holds a shared domain, and its part of one region."""
    assert holds_anyones_names(target)


@pytest.mark.parametrize(
    "target",
    [
        "shop.blob.core.windows.net",
        "*.contoso.com",
        "*.update.microsoft.com",
        "*.dsms.core.windows.net",
        "*.shop.westeurope.cloudapp.azure.com",
        "*.shop.azurewebsites.net",
        "",
    ],
)
def test_names_of_one_owner(target: str) -> None:
    """A single name, a domain of one owner, and what lies under one name of a shared domain."""
    assert not holds_anyones_names(target)
